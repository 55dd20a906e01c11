<?php
// A fatal error while output is in a buffer.

ini_set('display_errors', '0');
ob_start();
echo 'in the buffer';
undefined_function();
