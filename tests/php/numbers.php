<?php
// ?pieces=N: N pieces of 300,006 bytes, each flushed: lines of rising numbers, so that a reader sees
// which bytes are missing or changed. No piece begins where a page of memory does.
$number = 0;
for ($i = 0; $i < (int) $_GET['pieces']; $i++) {
    $piece = '';
    for ($j = 0; $j < 33334; $j++) {
        $piece .= sprintf("%08d\n", $number++);
    }
    echo $piece;
    flush();
}
