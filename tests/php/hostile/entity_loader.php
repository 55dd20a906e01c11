<?php // A fatal error in libxml's entity loader.
libxml_set_external_entity_loader(function () { str_repeat('x', 1 << 40); });
$d = new DOMDocument;
$d->loadXML('<!DOCTYPE a SYSTEM "b"><a>' . str_repeat('<b>c</b>', 10000) . '</a>', LIBXML_DTDLOAD);
