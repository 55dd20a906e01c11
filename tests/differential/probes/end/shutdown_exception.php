<?php
// An exception in a shutdown function.

ini_set('display_errors', '0');
register_shutdown_function(fn () => throw new Exception('x'));
register_shutdown_function(fn () => print('second'));
echo 'script ';
