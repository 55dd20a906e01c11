<?php // A fault with deeply nested details.
for ($detail = [], $i = 0; $i < 100000; $i++) $detail = ['a' => $detail];
$_SERVER['REQUEST_METHOD'] = 'POST';
$s = new SoapServer(null, ['uri' => 'u']);
$s->addFunction('f');
function f() { global $detail; throw new SoapFault('Server', 'text', null, $detail); }
$s->handle('<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><f xmlns="u"/></e:Body></e:Envelope>');
