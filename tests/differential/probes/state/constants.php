<?php
// Constants, functions, classes and static variables are new in each request.
//> GET @
//> GET @

var_dump(defined('PROBE'), class_exists('ProbeClass', false));
define('PROBE', 1);
if (!function_exists('counter')) {
    function counter(): int
    {
        static $n = 0;
        return ++$n;
    }
}
eval('class ProbeClass { public static $x = 0; }');
var_dump(counter(), counter(), ++ProbeClass::$x);
