<?php
// session_regenerate_id() keeps the values under a new id, and sends it.
//> GET @
//: Cookie: PHPSESSID={marker}regenerate

ob_start();
session_start();
$_SESSION['kept'] = 1;
$old = session_id();
var_dump(session_regenerate_id(true), session_id() !== $old, $_SESSION);
header_remove('Set-Cookie');
session_destroy();
