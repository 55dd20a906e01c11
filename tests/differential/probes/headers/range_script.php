<?php
// A script that answers a Range by itself.
//> GET @
//: Range: bytes=2-4

http_response_code(206);
header('Accept-Ranges: bytes');
header('Content-Range: bytes 2-4/10');
echo substr('0123456789', 2, 3);
