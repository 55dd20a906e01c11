<?php // A pipe that nobody reads.
$p = popen('sleep 20', 'w');
fwrite($p, str_repeat('x', 1 << 20));
