<?php // unserialize() without its depth limit.
ini_set('unserialize_max_depth', 0);
$n = 300000;
unserialize(str_repeat('a:1:{i:0;', $n) . 'i:1;' . str_repeat('}', $n), ['max_depth' => 0]);
echo 'done';
