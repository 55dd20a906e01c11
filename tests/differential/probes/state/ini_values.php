<?php
// The settings of php.ini, as a script sees them.

foreach (['max_execution_time', 'max_input_time', 'memory_limit', 'post_max_size', 'variables_order', 'short_open_tag', 'output_buffering',
    'implicit_flush', 'html_errors', 'display_errors', 'log_errors', 'default_socket_timeout', 'auto_globals_jit', 'zend.assertions',
    'allow_url_fopen', 'allow_url_include', 'enable_dl', 'precision', 'serialize_precision', 'user_agent'] as $name) {
    echo $name, '=', var_export(ini_get($name), true), "\n";
}
