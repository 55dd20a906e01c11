<?php
// A chunked body is read like any other; CONTENT_LENGTH is its size.
//> POST @
//: Content-Type: application/x-www-form-urlencoded
//: Transfer-Encoding: chunked
//= a=1&b={x*3000}

var_dump(strlen($_POST['b']), $_POST['a'], $_SERVER['CONTENT_LENGTH'] > 3000);
