<?php
// A Content-Type without a value counts as absent.

header('Content-Type: ');
echo 'x';
print_r(headers_list());
