<?php
// fpassthru() sends the rest of a file.

$file = fopen(__DIR__ . '/parts/text.txt', 'r');
fgets($file);
var_dump(fpassthru($file));
