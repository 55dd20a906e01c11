<?php
// Without Authorization there is no user, and none remains from an earlier request.
//> GET @
//: Authorization: Basic YTpi
//> GET @

var_dump($_SERVER['PHP_AUTH_USER'] ?? null, $_SERVER['HTTP_AUTHORIZATION'] ?? null);
