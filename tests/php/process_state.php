<?php
// meet() synchronises two requests, ?me= and ?other=: each waits until the other has reached it too.
function meet(): void
{
    static $n = 0;
    ++$n;
    touch("$_GET[dir]/$_GET[me]$n");
    while (!file_exists("$_GET[dir]/$_GET[other]$n")) {
        usleep(1000);
        clearstatcache();
    }
}
