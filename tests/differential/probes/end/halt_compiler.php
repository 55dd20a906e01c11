<?php
// __halt_compiler() and __COMPILER_HALT_OFFSET__.

$file = fopen(__FILE__, 'r');
fseek($file, __COMPILER_HALT_OFFSET__);
echo stream_get_contents($file);
__halt_compiler();data after the code
