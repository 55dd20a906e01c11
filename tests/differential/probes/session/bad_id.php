<?php
// An id with characters that are none: a new one is made.
//> GET @
//: Cookie: PHPSESSID=../../{marker}

ob_start();
@session_start();
var_dump(str_contains(session_id(), '.'));
header_remove('Set-Cookie');
session_destroy();
