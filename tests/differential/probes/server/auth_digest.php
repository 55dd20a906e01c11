<?php
// Digest authentication.
//> GET @
//: Authorization: Digest username="a", realm="r", nonce="n", uri="/", response="x"

var_dump($_SERVER['PHP_AUTH_DIGEST'] ?? null, $_SERVER['PHP_AUTH_USER'] ?? null);
