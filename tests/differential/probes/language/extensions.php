<?php
// The same extensions exist, except the SAPI modules.

$all = array_map(strtolower(...), get_loaded_extensions());
$all = array_diff($all, ['cgi-fcgi', 'tusk']);
sort($all);
echo implode(' ', $all);
