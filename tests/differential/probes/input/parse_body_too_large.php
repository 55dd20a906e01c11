<?php
// request_parse_body() throws for a body above post_max_size.
//! needs: php-8.4
//> PUT @
//form a={x*110000}

try {
    request_parse_body();
} catch (RequestParseBodyException $e) {
    echo $e->getMessage();
}
