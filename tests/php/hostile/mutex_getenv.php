<?php // Out of memory inside getenv(), which holds the lock of the environment.
putenv('BIG=' . str_repeat('a', 40 << 20));
$x = str_repeat('b', 90 << 20);
echo strlen(getenv('BIG'));
