<?php
// SimpleXML: reading, XPath and writing.

$xml = simplexml_load_string('<a xmlns:n="urn:n"><b id="1">x</b><n:c/><b id="2">ä</b></a>');
$xml->addChild('d', 'new');
echo $xml->b[1]['id'], ' ', count($xml->xpath('//b')), "\n", $xml->asXML();
