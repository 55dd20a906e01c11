<?php
// php://temp and php://memory.

$file = fopen('php://temp/maxmemory:1000', 'w+');
fwrite($file, str_repeat('0123456789', 1000));
fseek($file, 9995);
var_dump(fread($file, 10), ftell($file), fstat($file)['size'], ftruncate($file, 3), rewind($file), fgets($file));
