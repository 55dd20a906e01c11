<?php
// Controls OPcache for its tests: ?do=reset, invalidate, compile, status.
header('Content-Type: application/json');
$file = isset($_GET['file']) ? $_SERVER['DOCUMENT_ROOT'] . '/' . $_GET['file'] : null;
echo json_encode(match ($_GET['do']) {
    'reset' => opcache_reset(),
    'invalidate' => opcache_invalidate($file, true),
    'compile' => opcache_compile_file($file),
    'cached' => opcache_is_script_cached($file),
    'status' => opcache_get_status(true),
    'configuration' => opcache_get_configuration(),
});
