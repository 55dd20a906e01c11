<?php
// Without extra path there is no PATH_INFO.

var_dump($_SERVER['PATH_INFO'] ?? null, $_SERVER['PHP_SELF'], $_SERVER['ORIG_PATH_INFO'] ?? null);
