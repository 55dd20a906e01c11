<?php
// A script of its own request, beside a resident one.

if (isset($_GET['call'])) {
    try {
        tusk_handle_request(fn() => 1);
    } catch (RuntimeException $e) {
        exit($e->getMessage());
    }
}
if (isset($_GET['log'])) {
    frankenphp_log('from the script');
    frankenphp_log('from the script', FRANKENPHP_LOG_LEVEL_WARN, ['a' => 1]);
    frankenphp_log('from the script', FRANKENPHP_LOG_LEVEL_ERROR);
}
echo 'plain';
