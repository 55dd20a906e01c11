<?php
// ob_gzhandler compresses for a client that takes it, and says so.
//> GET @
//: Accept-Encoding: gzip

ob_start('ob_gzhandler');
echo str_repeat('compress me ', 200);
