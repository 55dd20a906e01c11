<?php
// gzencode(), deflate streams and compress.zlib://.

$path = tempnam(sys_get_temp_dir(), 'zip');
file_put_contents("compress.zlib://$path", 'compressed');
var_dump(gzdecode(file_get_contents($path)), bin2hex(gzdeflate('x')), implode(gzfile($path)));
unlink($path);
