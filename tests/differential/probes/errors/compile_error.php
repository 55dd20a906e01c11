<?php
// A compile error: a function that is declared twice in an included file.

ini_set('display_errors', '0');
register_shutdown_function(function () {
    echo preg_replace('/ in .*/', '', error_get_last()['message']);
});
include __DIR__ . '/parts/twice.txt';
