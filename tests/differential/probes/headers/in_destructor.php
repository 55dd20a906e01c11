<?php
// header() in the destructor of an object that lives until the end.

class Late
{
    public function __destruct()
    {
        header('X-Destructor: 1');
    }
}
$late = new Late();
