<?php
// Basic authentication with invalid base64, or without a colon.
//> GET @
//: Authorization: Basic !!!
//> GET @
//: Authorization: Basic YWJj
//> GET @
//: Authorization: Basic

var_dump($_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null);
