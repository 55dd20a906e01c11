<?php
// Objects are destroyed in order at the end, after shutdown functions.

class D
{
    public function __construct(private string $name)
    {
    }

    public function __destruct()
    {
        echo $this->name, "\n";
    }
}
register_shutdown_function(fn () => print("shutdown\n"));
$a = new D('a');
$b = new D('b');
new D('at once');
$c = new D('unset');
unset($c);
