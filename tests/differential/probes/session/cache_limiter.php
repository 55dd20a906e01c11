<?php
// session_cache_limiter('public'): other cache headers.
//> GET @
//: Cookie: PHPSESSID={marker}limiter

session_cache_limiter('private_no_expire');
session_cache_expire(10);
session_start();
header_remove('Last-Modified');
