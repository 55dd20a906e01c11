<?php
// Basic authentication: which of the other variables there are.
//> GET @
//: Authorization: Basic YWxhZGRpbjpvcGVuOnNlc2FtZQ==

var_dump($_SERVER['AUTH_TYPE'] ?? null, $_SERVER['REMOTE_USER'] ?? null);
