<?php // Out of memory inside gd's font cache.
$fill = [];
while (memory_get_usage() < (126 << 20)) $fill[] = str_repeat('x', 100000);
imagettfbbox(10, 0, str_repeat('/a', 1 << 20), str_repeat('x', 1 << 20));
