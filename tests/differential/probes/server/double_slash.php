<?php
// Repeated slashes before the script's name.
//> GET //server///double_slash.php

var_dump($_SERVER['SCRIPT_NAME'], $_SERVER['PHP_SELF'], $_SERVER['REQUEST_URI'], $_SERVER['SCRIPT_FILENAME']);
