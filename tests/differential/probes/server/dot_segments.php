<?php
// Dot segments before the script's name.
//> GET /input/../server/./dot_segments.php

var_dump($_SERVER['SCRIPT_NAME'], $_SERVER['PHP_SELF'], $_SERVER['REQUEST_URI'], $_SERVER['SCRIPT_FILENAME']);
