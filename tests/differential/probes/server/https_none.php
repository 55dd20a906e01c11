<?php
// Without TLS there is no HTTPS.
//> GET @
//: X-Forwarded-Proto: https

var_dump($_SERVER['HTTPS'] ?? null, $_SERVER['REQUEST_SCHEME']);
