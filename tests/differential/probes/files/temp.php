<?php
// sys_get_temp_dir(), tmpfile() and tempnam().

$file = tmpfile();
$path = stream_get_meta_data($file)['uri'];
fwrite($file, 'x');
echo sys_get_temp_dir(), ' ', dirname($path), ' ', file_exists($path) ? 'there' : 'gone';
fclose($file);
echo ' ', file_exists($path) ? 'there' : 'gone';
