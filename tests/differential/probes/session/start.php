<?php
// session_start() with a given id: the cookie is not sent again, and the cache headers are.
//> GET @
//: Cookie: PHPSESSID={marker}start

session_start();
var_dump(session_id(), session_status() === PHP_SESSION_ACTIVE, $_SESSION);
