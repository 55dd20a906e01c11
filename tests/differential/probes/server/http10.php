<?php
// A request in HTTP/1.0.
//> GET @ HTTP/1.0

var_dump($_SERVER['SERVER_PROTOCOL'], $_SERVER['HTTP_CONNECTION'] ?? null);
