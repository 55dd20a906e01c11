<?php
// error_log() goes to the file of the setting error_log.

$file = tempnam(sys_get_temp_dir(), 'log');
ini_set('error_log', $file);
error_log('a message');
trigger_error('a notice');
echo preg_replace('/^\[[^]]*\]/m', '[TIME]', file_get_contents($file));
unlink($file);
