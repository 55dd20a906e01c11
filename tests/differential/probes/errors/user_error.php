<?php
// E_USER_ERROR ends the script.

ini_set('display_errors', '0');
error_reporting(E_ALL & ~E_DEPRECATED);
echo 'before ';
trigger_error('fatal for me', E_USER_ERROR);
echo 'after';
