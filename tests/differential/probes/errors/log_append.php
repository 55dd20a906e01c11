<?php
// error_log() with type 3 appends to a file, without a time.

$file = tempnam(sys_get_temp_dir(), 'log');
var_dump(error_log("one\n", 3, $file), error_log("two\n", 3, $file));
echo file_get_contents($file);
unlink($file);
