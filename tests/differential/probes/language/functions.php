<?php
// Every function of FPM's PHP is there; fpm_get_status() alone is FPM's own.

$known = get_defined_functions()['internal'];
$known = array_filter($known, fn ($name) => !preg_match('/^(fpm_|tusk_|frankenphp_|headers_send$|apache_response_headers$)/', $name));
sort($known);
echo implode("\n", $known);
