<?php // 2,000 variables of a megabyte, under a memory_limit of 128M.
for ($i = 0; $i < 2000; $i++) putenv("V$i=" . str_repeat('x', 1 << 20));
$pages = explode(' ', file_get_contents('/proc/self/statm'))[1];
echo $pages * 4096 < (600 << 20) ? 'bounded' : 'unbounded';
