<?php
// getallheaders(): the request's fields with their names.
//> GET @
//: X-Some-thing: 1
//: accept: text/html
//: Content-Type: text/plain

$all = getallheaders();
ksort($all, SORT_FLAG_CASE | SORT_STRING);
echo json_encode(array_change_key_case($all));
