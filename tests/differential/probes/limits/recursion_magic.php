<?php
// Recursion through C code is an Error. (Before 8.3 it ends the process.)
//! needs: php-8.3

class R
{
    public function __get($name)
    {
        return array_map(fn ($x) => (new R())->$x, [$name])[0];
    }
}
try {
    ini_set('memory_limit', '512M');
    (new R())->x;
} catch (Error $e) {
    echo get_class($e), ' ', preg_replace('/\d+/', 'N', strtok($e->getMessage(), '.'));
}
