<?php
// Dots in the extra path are resolved before it is PATH_INFO.
//> GET @/a/../b/./c

var_dump($_SERVER['PATH_INFO'], $_SERVER['REQUEST_URI'], $_SERVER['PHP_SELF']);
