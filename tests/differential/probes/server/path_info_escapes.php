<?php
// PATH_INFO is decoded once; REQUEST_URI is not decoded.
//> GET @/a%20b/%C3%A4/c%2522/d+e

var_dump($_SERVER['PATH_INFO'], $_SERVER['REQUEST_URI'], $_SERVER['PHP_SELF']);
