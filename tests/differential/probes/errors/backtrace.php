<?php
// debug_print_backtrace() from functions, closures and includes.

function outer($a)
{
    (fn () => debug_print_backtrace())();
}
outer([1, 2]);
