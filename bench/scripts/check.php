<?php
// Reports which PHP a peer runs, and whether its scripts come from OPcache.
$opcache = function_exists('opcache_get_status') ? opcache_get_status() : false;
echo json_encode([
    'version' => PHP_VERSION,
    'zts' => (bool) PHP_ZTS,
    'sapi' => PHP_SAPI,
    'opcache' => $opcache !== false && $opcache['opcache_enabled'],
    'cached' => array_map('basename', array_keys($opcache['scripts'] ?? [])),
]);
