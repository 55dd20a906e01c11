<?php
// $argv and $argc are not there, and neither are $_SERVER's.
//> GET @?a+b+c

var_dump(isset($argv), isset($argc), isset($_SERVER['argv']), ini_get('register_argc_argv'));
