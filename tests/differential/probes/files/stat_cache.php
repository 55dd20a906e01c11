<?php
// The stat cache belongs to a request.
//> GET @?p={marker}
//> GET @?p={marker}

$path = sys_get_temp_dir() . '/stat-' . $_GET['p'];
var_dump(file_exists($path));
if (!file_exists($path)) {
    touch($path);
} else {
    unlink($path);
}
clearstatcache();
var_dump(file_exists($path));
