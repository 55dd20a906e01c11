<?php
// header_remove() of all fields, Content-Type and X-Powered-By too.

header('X-One: 1');
setcookie('a', 'b');
header_remove();
print_r(headers_list());
