<?php
// A script's ETag and Last-Modified do not cause a 304 automatically.
//> GET @
//: If-None-Match: "x"
//: If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT

header('ETag: "x"');
header('Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT');
echo 'whole';
