<?php
// Generators with send(), yield from, return and finally.

function numbers()
{
    try {
        $got = yield 1;
        echo "got $got\n";
        yield from [2, 3];
        return 4;
    } finally {
        echo "finally\n";
    }
}
$g = numbers();
echo $g->current(), "\n", $g->send('x'), "\n";
$g->next();
$g->next();
echo $g->getReturn();
