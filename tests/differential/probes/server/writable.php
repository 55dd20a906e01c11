<?php
// $_SERVER can be changed, and the next request does not see the change.
//> GET @
//> GET @

var_dump($_SERVER['PROBE_NEW'] ?? null);
$_SERVER['PROBE_NEW'] = 1;
unset($_SERVER['REQUEST_URI']);
var_dump($_SERVER['PROBE_NEW'], isset($_SERVER['REQUEST_URI']));
