<?php
// A Content-Type without a value is none.

header('Content-Type: ');
echo 'x';
print_r(headers_list());
