<?php
// Basic authentication: which other variables are set.
//> GET @
//: Authorization: Basic YWxhZGRpbjpvcGVuOnNlc2FtZQ==

var_dump($_SERVER['AUTH_TYPE'] ?? null, $_SERVER['REMOTE_USER'] ?? null);
