<?php
// Infinite recursion is an error and not a crash.

ini_set('display_errors', '0');
ini_set('memory_limit', '16M');
register_shutdown_function(function () {
    ini_set('memory_limit', '64M');
    echo preg_replace('/\d+/', 'N', error_get_last()['message']);
});
function endless($n)
{
    return endless($n + 1) + 1;
}
endless(0);
