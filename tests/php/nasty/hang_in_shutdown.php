<?php
// Does not end: after the script's time is over, its shutdown function and a destructor go on.
class Stubborn
{
    public function __destruct()
    {
        while (true) {
        }
    }
}
$stubborn = new Stubborn();
register_shutdown_function(function () {
    while (true) {
    }
});
while (true) {
}
