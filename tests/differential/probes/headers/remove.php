<?php
// header_remove() of one field, in any case.

header('X-One: 1');
header('X-Two: 2');
header_remove('x-one');
print_r(headers_list());
