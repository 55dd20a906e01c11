<?php
// headers_list() before and after the first output.

print_r(headers_list());
flush();
print_r(headers_list());
