<?php
// A script that compresses by itself: nobody does it again.
//> GET @
//: Accept-Encoding: gzip, br, zstd

header('Content-Encoding: gzip');
echo gzencode(str_repeat('compress me ', 200), 9);
