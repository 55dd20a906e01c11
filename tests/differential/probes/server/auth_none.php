<?php
// Without Authorization there is no user, and a request before leaves none behind.
//> GET @
//: Authorization: Basic YTpi
//> GET @

var_dump($_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['HTTP_AUTHORIZATION'] ?? null);
