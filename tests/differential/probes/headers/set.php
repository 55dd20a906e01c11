<?php
// header() sets a field; setting it again replaces it, whatever the case of its name.

header('X-One: 1');
header('x-one: 2');
header('X-Two: a');
print_r(headers_list());
