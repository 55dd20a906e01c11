<?php
// exit inside a fiber ends the script.

register_shutdown_function(fn () => print(' shutdown'));
$fiber = new Fiber(function () {
    echo 'fiber ';
    exit('exit');
});
$fiber->start();
echo 'never';
