<?php
// A long message in the log.

$file = tempnam(sys_get_temp_dir(), 'log');
ini_set('error_log', $file);
error_log(str_repeat('x', 20000));
echo strlen(file_get_contents($file)) > 20000 ? 'whole' : 'cut';
unlink($file);
