<?php
// The addresses of client and server.

foreach (['REMOTE_ADDR', 'REMOTE_PORT', 'SERVER_ADDR', 'SERVER_PORT', 'SERVER_NAME', 'SERVER_SOFTWARE'] as $name) {
    echo $name, '=', $_SERVER[$name] ?? 'NONE', "\n";
}
