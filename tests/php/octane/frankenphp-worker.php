<?php
// A worker as laravel/octane's own: the application boots with the first request, the loop ends after
// MAX_REQUESTS, and an error is told on the standard error stream as JSON.

if (!($_SERVER['FRANKENPHP_WORKER'] ?? false) || !function_exists('frankenphp_handle_request')) {
    exit(1);
}
ignore_user_abort(true);
set_time_limit((int) $_SERVER['REQUEST_MAX_EXECUTION_TIME']);
$release = trim((string) @file_get_contents($_SERVER['APP_BASE_PATH'] . '/release'));
$served = 0;
$handler = static function () use (&$served, $release): void {
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if ($path === '/slow') {
        usleep(300_000);
    }
    if ($path === '/throw') {
        fwrite(STDERR, json_encode(['type' => 'throwable', 'message' => 'the ink ran dry']) . PHP_EOL);
        http_response_code(500);
    }
    echo json_encode(['release' => $release, 'path' => $path, 'served' => ++$served]);
};
while ($served < (int) $_SERVER['MAX_REQUESTS'] && frankenphp_handle_request($handler));
