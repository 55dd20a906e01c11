<?php
// The name of the scheme in lower case.
//> GET @
//: Authorization: basic YTpi

var_dump($_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['PHP_AUTH_PW'] ?? null);
