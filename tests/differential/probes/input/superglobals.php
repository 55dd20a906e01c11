<?php
// The names of all superglobals, and their types.
//> GET @?a=1

$names = ['_GET', '_POST', '_COOKIE', '_FILES', '_REQUEST', '_SERVER', '_ENV'];
foreach ($names as $name) {
    echo $name, ' ', gettype($GLOBALS[$name] ?? null), "\n";
}
var_dump($_SERVER['REQUEST_METHOD'], isset($_SESSION));
