<?php
// Line ends at the end of a header are cut off.

header("X-A: 1\r\n");
header("X-B: 2  \n\n");
print_r(headers_list());
