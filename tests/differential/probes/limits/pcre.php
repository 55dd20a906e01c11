<?php
// pcre.backtrack_limit, and pattern errors.

ini_set('pcre.jit', '0');
ini_set('pcre.backtrack_limit', '100');
var_dump(preg_match('/(a+)+$/', str_repeat('a', 50) . 'b'), preg_last_error_msg());
