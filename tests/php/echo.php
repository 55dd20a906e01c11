<?php
// Prints which of a request's bytes reached the script, in the same form for the same request.
header('Content-Type: application/json');
$fields = [];
foreach ($_SERVER as $name => $value) {
    if (str_starts_with($name, 'HTTP_X_')) {
        $fields[$name] = $value;
    }
}
$body = file_get_contents('php://input');
echo json_encode([
    'method' => $_SERVER['REQUEST_METHOD'],
    'target' => $_SERVER['REQUEST_URI'],
    'query' => $_SERVER['QUERY_STRING'],
    'path_info' => $_SERVER['PATH_INFO'] ?? '',
    'protocol' => $_SERVER['SERVER_PROTOCOL'],
    'host' => $_SERVER['HTTP_HOST'] ?? null,
    'fields' => (object) $fields,
    'body' => bin2hex($body),
], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES);
