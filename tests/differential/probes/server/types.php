<?php
// All values are strings, except REQUEST_TIME and REQUEST_TIME_FLOAT.
//> GET @
//: Content-Type: text/plain

foreach ($_SERVER as $name => $value) {
    if (!is_string($value)) {
        echo $name, ' ', gettype($value), "\n";
    }
}
var_dump($_SERVER['CONTENT_LENGTH'] ?? null, $_SERVER['SERVER_PORT'] === (string) (int) $_SERVER['SERVER_PORT']);
