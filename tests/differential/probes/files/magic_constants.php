<?php
// __FILE__, __DIR__, __LINE__ and SCRIPT_FILENAME agree.

var_dump(__FILE__ === $_SERVER['SCRIPT_FILENAME'], __DIR__ === dirname($_SERVER['SCRIPT_FILENAME']), __LINE__);
var_dump(realpath(__FILE__) === __FILE__, getmyinode() === fileinode(__FILE__), basename(get_included_files()[0]) !== '');
