<?php
// A slash alone is a PATH_INFO.
//> GET @/

var_dump($_SERVER['PATH_INFO'] ?? null, $_SERVER['PHP_SELF'], $_SERVER['SCRIPT_NAME']);
