<?php
// Bytes above 127 in the query string arrive as they are.
//> GET @?a=\xc3\xa4\xff

$bytes = "a=\xc3\xa4\xff";
var_dump(bin2hex($_GET['a']), str_starts_with($_SERVER['QUERY_STRING'], $bytes), str_contains($_SERVER['REQUEST_URI'], "?$bytes"));
