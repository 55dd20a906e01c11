<?php
// A generator that is not finished runs its finally block at the end.

function left()
{
    try {
        yield 1;
    } finally {
        echo ' finally';
    }
}
$g = left();
echo $g->current();
