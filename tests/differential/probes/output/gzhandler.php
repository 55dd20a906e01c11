<?php
// ob_gzhandler compresses for a client that accepts it, and sets Content-Encoding.
//> GET @
//: Accept-Encoding: gzip

ob_start('ob_gzhandler');
echo str_repeat('compress me ', 200);
