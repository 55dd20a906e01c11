<?php
// Garbage in cycles is destroyed at the end.

class D
{
    public $self;

    public function __destruct()
    {
        echo 'destroyed ';
    }
}
for ($i = 0; $i < 3; $i++) {
    $d = new D();
    $d->self = $d;
}
unset($d);
var_dump(gc_collect_cycles());
