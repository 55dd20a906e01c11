<?php
// Another .php in the extra path: the first script counts.
//> GET @/other.php/x

var_dump($_SERVER['SCRIPT_NAME'], $_SERVER['PATH_INFO'], $_SERVER['PHP_SELF']);
