<?php
// Deep recursion inside a fiber.

$fiber = new Fiber(function () {
    $deep = fn ($n) => $n ? $GLOBALS['deep']($n - 1) + 1 : 0;
    $GLOBALS['deep'] = $deep;
    return $deep(5000);
});
$fiber->start();
echo $fiber->getReturn();
