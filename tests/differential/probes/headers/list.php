<?php
// headers_list(): the initial fields, and those that were set.

header('X-One: 1');
header('X-Two:no space');
header('X-Three:   spaces   ');
print_r(headers_list());
