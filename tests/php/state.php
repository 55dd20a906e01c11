<?php
header('Content-Type: application/json');
echo json_encode([
    'precision' => ini_get('precision'), 'memory_limit' => ini_get('memory_limit'),
    'timezone' => date_default_timezone_get(), 'locale' => setlocale(LC_ALL, 0), 'mb' => mb_internal_encoding(),
    'error_reporting' => error_reporting(), 'error_handler' => set_error_handler(null),
    'exception_handler' => set_exception_handler(null), 'time_limit' => ini_get('max_execution_time'),
    'constant' => defined('STAIN'), 'globals' => array_values(array_diff(array_keys($GLOBALS),
        ['_GET', '_POST', '_COOKIE', '_FILES', '_SERVER', '_REQUEST', '_ENV', 'argv', 'argc'])),
    'server' => $_SERVER['STAIN'] ?? null, 'env' => $_ENV['STAIN'] ?? null, 'get' => $_GET, 'session' => isset($_SESSION),
    'getenv' => getenv('TUSK_TEST_STAIN'), 'cwd' => getcwd(), 'function' => function_exists('stain'),
    'class' => class_exists('Stain', false), 'autoloaders' => count(spl_autoload_functions()),
    'wrapper' => in_array('stain', stream_get_wrappers()), 'buffers' => ob_get_level(),
    'last_error' => error_get_last(), 'status' => http_response_code(),
    'headers' => preg_grep('/stain/i', headers_list()),
]);
