<?php
// GET with a body: the script can read it.
//> GET @
//: Content-Type: text/plain
//= a body

var_dump(file_get_contents('php://input'), $_SERVER['CONTENT_LENGTH']);
