<?php
// exit in a nested call, in a buffer, in an include.

ob_start(fn ($text) => "[$text]");
function deep(int $n): void
{
    $n ? deep($n - 1) : include __DIR__ . '/parts/exit.txt';
}
deep(5);
echo 'never';
