<?php // 600 kB of <div> for lexbor, which cannot be interrupted.
Dom\HTMLDocument::createFromString(str_repeat('<div>', 120000), LIBXML_NOERROR);
echo 'done';
