<?php
// Sends ten lines in five seconds, each as soon as it is written.

declare(strict_types=1);

header('Content-Type: text/plain; charset=utf-8');
header('Cache-Control: no-store');

for ($i = 1; $i <= 10; ++$i) {
    echo "line {$i} of 10\n";
    flush();
    usleep(500_000);
}
