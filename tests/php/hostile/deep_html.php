<?php // A megabyte of <div> is parsed.
$d = new DOMDocument;
@$d->loadHTML(str_repeat('<div>', 200000), LIBXML_PARSEHUGE);
echo 'done';
