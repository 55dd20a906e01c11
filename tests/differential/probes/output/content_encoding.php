<?php
// A script that compresses its output: it is not compressed again.
//> GET @
//: Accept-Encoding: gzip, br, zstd

header('Content-Encoding: gzip');
echo gzencode(str_repeat('compress me ', 200), 9);
