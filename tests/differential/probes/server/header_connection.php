<?php
// Fields about the connection reach the script.
//> GET @
//: Connection: keep-alive
//: TE: trailers
//: Upgrade-Insecure-Requests: 1

var_dump($_SERVER['HTTP_CONNECTION'] ?? null, $_SERVER['HTTP_TE'] ?? null, $_SERVER['HTTP_UPGRADE_INSECURE_REQUESTS']);
