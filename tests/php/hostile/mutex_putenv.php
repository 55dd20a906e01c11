<?php // Out of memory inside putenv().
$name = 'BIG=' . str_repeat('a', 60 << 20);
$x = str_repeat('b', 60 << 20);
putenv($name);
