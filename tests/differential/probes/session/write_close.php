<?php
// session_write_close() releases the session: it can be started again.
//> GET @
//: Cookie: PHPSESSID={marker}close

session_start();
$_SESSION['a'] = 1;
session_write_close();
$_SESSION['a'] = 2;
session_start();
var_dump($_SESSION);
session_abort();
