<?php
// Values persist from one request to the next.
//> GET @
//: Cookie: PHPSESSID={marker}count
//> GET @
//: Cookie: PHPSESSID={marker}count
//> GET @
//: Cookie: PHPSESSID={marker}count

session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
$_SESSION['list'][] = ['ä', null, 1.5];
var_dump($_SESSION);
if ($_SESSION['n'] == 3) {
    session_destroy();
}
