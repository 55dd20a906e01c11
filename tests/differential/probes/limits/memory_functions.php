<?php
// memory_get_usage() and the peak are plausible, and start again in each request.
//> GET @?n=30
//> GET @?n=0

$x = str_repeat('x', $_GET['n'] << 20);
var_dump(memory_get_peak_usage() > 20 << 20, memory_get_usage() < 40 << 20);
