<?php
// scandir(), glob() and a directory iterator.

print_r(scandir(__DIR__ . '/parts'));
print_r(array_map(basename(...), glob('parts/*.txt')));
