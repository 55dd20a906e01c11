<?php
// opcache: enabled, and functions of it.

$status = opcache_get_status(false);
var_dump($status['opcache_enabled'], $status['cache_full'], opcache_is_script_cached(__DIR__ . '/none.php'));
var_dump(opcache_compile_file(__DIR__ . '/parts/value.txt'), opcache_invalidate(__DIR__ . '/parts/value.txt', true));
