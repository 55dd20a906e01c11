<?php
// A fiber that is suspended at the end runs its finally block.

$fiber = new Fiber(function () {
    try {
        Fiber::suspend();
    } finally {
        echo 'finally';
    }
});
$fiber->start();
echo 'end ';
