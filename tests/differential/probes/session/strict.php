<?php
// session.use_strict_mode: an id that the server did not generate is replaced.
//> GET @
//: Cookie: PHPSESSID={marker}strict

ob_start();
ini_set('session.use_strict_mode', '1');
session_start();
var_dump(str_starts_with(session_id(), 'marker'));
header_remove('Set-Cookie');
session_destroy();
