<?php
// An encoded slash in PATH_INFO.
//> GET @/a%2Fb

var_dump($_SERVER['PATH_INFO'], $_SERVER['REQUEST_URI']);
