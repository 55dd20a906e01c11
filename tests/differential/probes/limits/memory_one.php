<?php
// One allocation above memory_limit.

ini_set('display_errors', '0');
echo 'before';
$x = str_repeat('x', 200 << 20);
echo 'after';
