<?php // 100,000 closures, each of which holds the one before.
for ($f = null, $i = 0; $i < 100000; $i++) $f = function () use ($f) {};
$f = null;
echo 'done';
