<?php
// exit() writes the session.
//> GET @
//: Cookie: PHPSESSID={marker}exit
//> GET @
//: Cookie: PHPSESSID={marker}exit

session_start();
if (isset($_SESSION['first'])) {
    exit('kept');
}
$_SESSION['first'] = 1;
exit('set');
