<?php
header('X-Own: 1');
header('X-Own: 2', false);
header('Content-Type: application/json');
echo json_encode([
    'all' => getallheaders(),
    'same' => getallheaders() === apache_request_headers(),
    'response' => apache_response_headers(),
]);
