<?php
// headers_list(): what there is at the start, and what was set.

header('X-One: 1');
header('X-Two:no space');
header('X-Three:   spaces   ');
print_r(headers_list());
