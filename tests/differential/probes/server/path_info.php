<?php
// PATH_INFO, PATH_TRANSLATED and the rest for /script.php/extra/path.
//> GET @/extra/path?x=1

foreach (['PATH_INFO', 'PATH_TRANSLATED', 'SCRIPT_NAME', 'PHP_SELF', 'SCRIPT_FILENAME', 'REQUEST_URI', 'DOCUMENT_URI', 'ORIG_PATH_INFO'] as $name) {
    echo $name, '=', $_SERVER[$name] ?? 'NONE', "\n";
}
