<?php
// XMLWriter to php://output.

$w = new XMLWriter();
$w->openUri('php://output');
$w->startDocument('1.0', 'UTF-8');
$w->writeElement('a', '<&ä>');
$w->endDocument();
$w->flush();
