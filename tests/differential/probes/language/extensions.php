<?php
// The same extensions are there, SAPI modules apart.

$all = array_map(strtolower(...), get_loaded_extensions());
$all = array_diff($all, ['cgi-fcgi', 'tusk']);
sort($all);
echo implode(' ', $all);
