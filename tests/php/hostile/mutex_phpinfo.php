<?php // Out of memory inside phpinfo(), while it lists the environment.
putenv('BIG=' . str_repeat('a', 60 << 20));
$x = str_repeat('b', 64 << 20);
ob_start();
phpinfo(INFO_ENVIRONMENT | INFO_VARIABLES);
