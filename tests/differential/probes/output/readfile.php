<?php
// readfile() sends a file and returns its size.

header('Content-Type: text/plain');
$size = readfile(__DIR__ . '/parts/text.txt');
var_dump($size);
