<?php
// Destructors do not run after a fatal error.

ini_set('display_errors', '0');
class D
{
    public function __destruct()
    {
        echo 'destroyed';
    }
}
$d = new D();
echo 'text';
undefined_function();
