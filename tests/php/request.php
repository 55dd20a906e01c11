<?php
// Prints everything that a script can see of its request.
header('Content-Type: application/json');
echo json_encode([
    'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'files' => $_FILES,
    'request' => $_REQUEST, 'server' => $_SERVER, 'env' => $_ENV,
    'input_length' => strlen(file_get_contents('php://input')),
    'input_sha256' => hash('sha256', file_get_contents('php://input')),  // can be read again
    'getenv_http_proxy' => getenv('HTTP_PROXY'),
    'argv' => $argv ?? null,
], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
