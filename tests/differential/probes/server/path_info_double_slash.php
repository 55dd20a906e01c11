<?php
// Repeated slashes in the extra path.
//> GET @//a///b

var_dump($_SERVER['PATH_INFO'], $_SERVER['REQUEST_URI'], $_SERVER['PHP_SELF']);
