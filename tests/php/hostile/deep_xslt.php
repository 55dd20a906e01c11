<?php // A template that calls itself, practically without a limit.
$s = new DOMDocument;
$s->loadXML('<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"><x:template match="/" name="t"><x:call-template name="t"/></x:template></x:stylesheet>');
$x = new XSLTProcessor;
$x->maxTemplateDepth = 100000000;
$x->importStylesheet($s);
@$x->transformToXml($s);
echo 'done';
