<?php
// A bearer token is in HTTP_AUTHORIZATION, and nowhere else.
//> GET @
//: Authorization: Bearer abc.def

var_dump($_SERVER['HTTP_AUTHORIZATION'], $_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['AUTH_TYPE'] ?? null);
