<?php
// Prints the variables with which applications find out their own path.
header('Content-Type: application/json');
$names = ['SCRIPT_NAME', 'SCRIPT_FILENAME', 'PATH_INFO', 'PHP_SELF', 'REQUEST_URI', 'QUERY_STRING', 'DOCUMENT_ROOT', 'PATH_TRANSLATED'];
echo json_encode(array_intersect_key($_SERVER, array_flip($names)) + ['file' => __FILE__], JSON_INVALID_UTF8_SUBSTITUTE);
