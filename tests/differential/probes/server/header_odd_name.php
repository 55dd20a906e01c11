<?php
// A field whose name has characters that are allowed but unusual.
//> GET @
//: X!Odd~: 1
//: X-Good: 2

var_dump(array_values(preg_grep('/ODD/', array_keys($_SERVER))), $_SERVER['HTTP_X_GOOD']);
