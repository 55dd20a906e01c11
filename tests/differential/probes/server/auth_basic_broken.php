<?php
// Basic authentication that is no base64, or has no colon.
//> GET @
//: Authorization: Basic !!!
//> GET @
//: Authorization: Basic YWJj
//> GET @
//: Authorization: Basic

var_dump($_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null);
