<?php
// flock() between two handles of one request.

$path = tempnam(sys_get_temp_dir(), 'lock');
$a = fopen($path, 'r+');
$b = fopen($path, 'r+');
var_dump(flock($a, LOCK_EX), flock($b, LOCK_EX | LOCK_NB), flock($a, LOCK_UN), flock($b, LOCK_EX | LOCK_NB));
unlink($path);
