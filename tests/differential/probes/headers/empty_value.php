<?php
// A header with an empty value.

header('X-Empty:');
header('X-Space: ');
print_r(headers_list());
