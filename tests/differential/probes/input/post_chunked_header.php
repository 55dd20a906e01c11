<?php
// A chunked request's Transfer-Encoding as a script sees it.
//> POST @
//: Content-Type: text/plain
//: Transfer-Encoding: chunked
//= hello

var_dump($_SERVER['HTTP_TRANSFER_ENCODING'] ?? 'none', file_get_contents('php://input'));
