<?php
// memory_limit: a fatal error, which a shutdown function can see.

ini_set('display_errors', '0');
ini_set('memory_limit', '8M');
register_shutdown_function(function () {
    echo preg_replace('/\d+/', 'N', error_get_last()['message']);
});
$all = [];
while (true) {
    $all[] = str_repeat('x', 100000);
}
