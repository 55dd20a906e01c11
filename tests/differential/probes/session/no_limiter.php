<?php
// Without a cache limiter there are no cache headers.
//> GET @
//: Cookie: PHPSESSID={marker}nolimiter

session_cache_limiter('');
session_start();
print_r(headers_list());
