<?php
// set_exception_handler() gets uncaught exceptions; shutdown functions run after it.

register_shutdown_function(function () {
    echo ' shutdown';
});
set_exception_handler(function (Throwable $e) {
    http_response_code(503);
    echo get_class($e), ' ', $e->getMessage();
});
throw new DomainException('x', 7);
