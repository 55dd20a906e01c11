<?php
// $argv and $argc do not exist, neither as variables nor in $_SERVER.
//> GET @?a+b+c

var_dump(isset($argv), isset($argc), isset($_SERVER['argv']), ini_get('register_argc_argv'));
