<?php
// An id with invalid characters: a new one is generated.
//> GET @
//: Cookie: PHPSESSID=../../{marker}

ob_start();
@session_start();
var_dump(str_contains(session_id(), '.'));
header_remove('Set-Cookie');
session_destroy();
