<?php
// popen() to write to a program, and its exit status.

$path = tempnam(sys_get_temp_dir(), 'pop');
$program = popen('tr a-z A-Z > ' . escapeshellarg($path) . '; exit 5', 'w');
fwrite($program, 'upper');
var_dump(pclose($program), file_get_contents($path));
unlink($path);
