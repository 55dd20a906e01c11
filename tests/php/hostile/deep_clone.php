<?php // A deep document is cloned.
$d = new DOMDocument;
$n = $d;
for ($i = 0; $i < 200000; $i++) $n = $n->appendChild($d->createElement('a'));
$d->documentElement->cloneNode(true);
echo 'done';
