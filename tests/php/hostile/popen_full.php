<?php // Writes to a pipe that nothing reads.
$p = popen('sleep 20', 'w');
fwrite($p, str_repeat('x', 1 << 20));
