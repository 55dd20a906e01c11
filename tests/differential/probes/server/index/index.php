<?php
// A directory's index.php: SCRIPT_NAME contains the file, REQUEST_URI does not.
//> GET /server/index/?a=1

var_dump($_SERVER['SCRIPT_NAME'], $_SERVER['PHP_SELF'], $_SERVER['REQUEST_URI'], $_SERVER['DOCUMENT_URI'], $_SERVER['PATH_INFO'] ?? null);
