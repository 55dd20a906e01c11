<?php
// The field Proxy in $_SERVER.
//> GET @
//: Proxy: http://evil.example:8080

var_dump($_SERVER['HTTP_PROXY'] ?? null);
