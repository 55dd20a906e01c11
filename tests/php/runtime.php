<?php
header('Content-Type: application/json');
$opcache = function_exists('opcache_get_status') ? opcache_get_status(false) : null;
echo json_encode([
    'sapi' => PHP_SAPI, 'sapi_name' => php_sapi_name(), 'version' => PHP_VERSION, 'zts' => (bool) PHP_ZTS,
    'opcache_enabled' => $opcache['opcache_enabled'] ?? false,
    'opcache_hits' => $opcache['opcache_statistics']['hits'] ?? null,
    'opcache_scripts' => $opcache['opcache_statistics']['num_cached_scripts'] ?? null,
    'extensions' => get_loaded_extensions(),
    'cwd' => getcwd(), 'script_dir' => __DIR__, 'included' => get_included_files(),
    'max_execution_time' => ini_get('max_execution_time'),
    'thread' => function_exists('zend_thread_id') ? zend_thread_id() : null,
]);
