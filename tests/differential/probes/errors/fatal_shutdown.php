<?php
// Shutdown functions run after a fatal error, and can see it.

ini_set('display_errors', '0');
register_shutdown_function(function () {
    $error = error_get_last();
    http_response_code(502);
    echo $error['type'], ' ', strtok($error['message'], "\n");
});
undefined_function();
