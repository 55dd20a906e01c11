<?php
// request_parse_body() with its own limits throws if they are exceeded.
//! needs: php-8.4
//> PUT @
//+ name="a" = 1
//+ name="b" = 2
//+ name="c" = 3

try {
    var_dump(request_parse_body(['max_multipart_body_parts' => 2]));
} catch (RequestParseBodyException $e) {
    echo get_class($e), ': ', $e->getMessage();
}
