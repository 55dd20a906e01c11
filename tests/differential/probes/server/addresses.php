<?php
// Where the request came from and where it went.

foreach (['REMOTE_ADDR', 'REMOTE_PORT', 'SERVER_ADDR', 'SERVER_PORT', 'SERVER_NAME', 'SERVER_SOFTWARE'] as $name) {
    echo $name, '=', $_SERVER[$name] ?? 'NONE', "\n";
}
