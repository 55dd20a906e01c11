<?php
// STDIN, STDOUT and STDERR are the command line's alone.

var_dump(defined('STDIN'), defined('STDOUT'), defined('STDERR'));
