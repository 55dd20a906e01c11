<?php
// getallheaders(): Content-Type and Content-Length of a request with a body.
//> PUT @
//: Content-Type: text/plain
//= 12345

$all = array_change_key_case(getallheaders());
var_dump($all['content-type'], $all['content-length']);
