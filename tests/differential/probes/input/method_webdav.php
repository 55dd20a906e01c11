<?php
// PROPFIND, a method of WebDAV, goes to the script with its body.
//> PROPFIND @
//: Depth: 1
//: Content-Type: application/xml
//= <propfind xmlns="DAV:"><allprop/></propfind>

http_response_code(207);
echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['HTTP_DEPTH'], ' ', file_get_contents('php://input');
