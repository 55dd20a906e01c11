<?php
// After a fatal error the values set before are kept, and the lock is released.
//> GET @
//: Cookie: PHPSESSID={marker}fatal
//> GET @
//: Cookie: PHPSESSID={marker}fatal

ini_set('display_errors', '0');
session_start();
if (isset($_SESSION['first'])) {
    var_dump($_SESSION);
    exit;
}
$_SESSION['first'] = 'kept';
undefined_function();
