<?php // A deep document is cloned.
$d = new DOMDocument;
$d->loadXML(str_repeat('<a>', 200000) . str_repeat('</a>', 200000), LIBXML_PARSEHUGE);
$d->documentElement->cloneNode(true);
echo 'done';
