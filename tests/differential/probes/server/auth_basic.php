<?php
// Basic authentication: user and password, also with colons in it.
//> GET @
//: Authorization: Basic YWxhZGRpbjpvcGVuOnNlc2FtZQ==

var_dump($_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW'], $_SERVER['HTTP_AUTHORIZATION']);
