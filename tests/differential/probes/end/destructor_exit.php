<?php
// Destructors run after exit.

class D
{
    public function __destruct()
    {
        echo 'destroyed';
    }
}
$d = new D();
exit('exit ');
