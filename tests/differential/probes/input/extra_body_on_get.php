<?php
// A form sent with GET does not fill $_POST.
//> GET @
//: Content-Type: application/x-www-form-urlencoded
//= a=1

var_dump($_POST, file_get_contents('php://input'));
