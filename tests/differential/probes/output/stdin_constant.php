<?php
// STDIN, STDOUT and STDERR exist only on the command line.

var_dump(defined('STDIN'), defined('STDOUT'), defined('STDERR'));
