<?php
function endless() { try { while (true) { yield 1; } } finally { throw new LogicException('from finally'); } }
$generator = endless();
$generator->current();
$fiber = new Fiber(function () { try { Fiber::suspend(); } finally { echo 'unwound '; } });
$fiber->start();
exit('script ');
