<?php
// Every function of FPM's PHP exists, except fpm_get_status(), which is FPM's own, and readline()'s
// (docs/compatibility.md).

$known = get_defined_functions()['internal'];
$known = array_filter($known, fn ($name) => !preg_match('/^(fpm_|readline|tusk_|frankenphp_|headers_send$|apache_response_headers$)/', $name));
sort($known);
echo implode("\n", $known);
