<?php
// The variables by which applications find out where they are.
header('Content-Type: application/json');
$names = ['SCRIPT_NAME', 'SCRIPT_FILENAME', 'PATH_INFO', 'PHP_SELF', 'REQUEST_URI', 'QUERY_STRING', 'DOCUMENT_ROOT', 'PATH_TRANSLATED'];
echo json_encode(array_intersect_key($_SERVER, array_flip($names)) + ['file' => __FILE__], JSON_INVALID_UTF8_SUBSTITUTE);
