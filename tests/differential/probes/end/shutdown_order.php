<?php
// Shutdown functions run in their order, with arguments; one may register another.

register_shutdown_function(function (...$arguments) {
    echo 'first ', implode(',', $arguments), "\n";
    register_shutdown_function(fn () => print("third\n"));
}, 1, 2);
register_shutdown_function(fn () => print("second\n"));
echo "script\n";
