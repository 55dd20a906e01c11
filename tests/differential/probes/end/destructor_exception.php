<?php
// An exception in a destructor at the end of the script.

ini_set('display_errors', '0');
class D
{
    public function __destruct()
    {
        throw new Exception('from the destructor');
    }
}
$d = new D();
echo 'text';
