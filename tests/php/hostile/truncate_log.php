<?php // Truncates the file that stderr goes to.
error_log('before');
$f = fopen('php://stderr', 'w');
ftruncate($f, 0);
echo 'done';
