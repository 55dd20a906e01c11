<?php
// The variables of an ordinary request.
//> GET @?x=1&y=%20

foreach (['REQUEST_METHOD', 'REQUEST_URI', 'QUERY_STRING', 'SCRIPT_NAME', 'SCRIPT_FILENAME', 'PHP_SELF',
    'DOCUMENT_ROOT', 'DOCUMENT_URI', 'SERVER_PROTOCOL', 'GATEWAY_INTERFACE', 'REQUEST_SCHEME', 'HTTP_HOST'] as $name) {
    echo $name, '=', $_SERVER[$name] ?? 'NONE', "\n";
}
