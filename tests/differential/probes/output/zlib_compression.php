<?php
// zlib.output_compression, switched on by the script.
//> GET @
//: Accept-Encoding: gzip, deflate

ini_set('zlib.output_compression', '1');
header('Content-Length: 2400');
echo str_repeat('compress me ', 200);
