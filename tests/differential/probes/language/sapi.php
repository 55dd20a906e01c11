<?php
// The name of the SAPI, in every way to query it, and what applications expect with it.

$name = 'php_sapi_name';
var_dump(PHP_SAPI, php_sapi_name(), $name(), constant('PHP_SAPI'), PHP_SAPI === php_sapi_name());
var_dump(str_contains(php_sapi_name(), 'cgi'), $_SERVER['FCGI_ROLE'] ?? null, defined('STDIN'));
foreach (['fastcgi_finish_request', 'apache_request_headers', 'getallheaders',
          'cli_set_process_title', 'litespeed_finish_request', 'virtual'] as $function) {
    echo $function, ' ', json_encode(function_exists($function)), "\n";
}
