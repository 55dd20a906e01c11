<?php
// zlib.output_compression=On (in .user.ini).
//> GET @
//: Accept-Encoding: gzip

echo str_repeat('compress me ', 200), ob_get_level();
