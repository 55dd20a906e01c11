<?php
// A form sent with GET is no $_POST.
//> GET @
//: Content-Type: application/x-www-form-urlencoded
//= a=1

var_dump($_POST, file_get_contents('php://input'));
