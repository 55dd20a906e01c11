<?php
// X-Powered-By is PHP's, as expose_php says.

var_dump(ini_get('expose_php'));
print_r(headers_list());
