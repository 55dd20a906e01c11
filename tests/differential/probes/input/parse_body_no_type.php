<?php
// request_parse_body() of a body without a Content-Type.
//! needs: php-8.4
//> PUT @
//= {}

try {
    request_parse_body();
} catch (Throwable $e) {
    echo get_class($e), ': ', $e->getMessage();
}
