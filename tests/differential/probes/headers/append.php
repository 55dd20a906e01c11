<?php
// header() with false appends.

header('X-List: 1');
header('X-List: 2', false);
header('X-List: 3', false);
print_r(headers_list());
