<?php
// open_basedir, set by the script, forbids files outside.
//> GET @
//> GET @

var_dump(ini_get('open_basedir'), ini_set('open_basedir', __DIR__));
var_dump(@file_get_contents('/etc/hostname'), error_get_last()['message'], is_string(file_get_contents(__FILE__)));
