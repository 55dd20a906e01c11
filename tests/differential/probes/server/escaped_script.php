<?php
// The script's name with escapes in the URL.
//> GET /server/%65scaped_script.php?a=1

var_dump($_SERVER['SCRIPT_NAME'], $_SERVER['PHP_SELF'], $_SERVER['REQUEST_URI']);
