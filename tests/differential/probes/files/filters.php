<?php
// Stream filters: built-in ones, through php://filter.

echo file_get_contents('php://filter/read=string.toupper|string.rot13/resource=data:,hello'), ' ';
echo file_get_contents('php://filter/convert.base64-encode/resource=' . __DIR__ . '/parts/value.txt');
