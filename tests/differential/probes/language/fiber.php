<?php
// Fibers: suspend, resume, throw, return, and output inside of them.

$fiber = new Fiber(function (string $a): string {
    echo "start $a\n";
    $b = Fiber::suspend('first');
    echo "got $b\n";
    try {
        Fiber::suspend('second');
    } catch (Exception $e) {
        echo 'caught ', $e->getMessage(), "\n";
    }
    return 'done';
});
echo $fiber->start('x'), "\n", $fiber->resume('y'), "\n";
$fiber->throw(new Exception('z'));
echo $fiber->getReturn();
