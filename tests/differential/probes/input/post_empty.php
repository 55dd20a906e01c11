<?php
// A form of no bytes.
//> POST @
//: Content-Type: application/x-www-form-urlencoded
//: Content-Length: 0

var_dump($_POST, file_get_contents('php://input'), $_SERVER['CONTENT_LENGTH']);
