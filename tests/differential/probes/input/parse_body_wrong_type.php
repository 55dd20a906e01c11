<?php
// request_parse_body() refuses a Content-Type that it does not know.
//! needs: php-8.4
//> PUT @
//: Content-Type: application/json
//= {}

try {
    request_parse_body();
} catch (Throwable $e) {
    echo get_class($e), ': ', $e->getMessage();
}
