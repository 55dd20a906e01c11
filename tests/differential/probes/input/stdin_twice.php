<?php
// php://input can be read again, by several readers.
//> PUT @
//: Content-Type: text/plain
//= The body.

$one = fopen('php://input', 'r');
$two = fopen('php://input', 'r');
var_dump(fread($one, 3), fread($two, 5), stream_get_contents($one), file_get_contents('php://input'));
fseek($one, 4);
var_dump(fgets($one));
