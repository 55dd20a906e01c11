<?php
// A shutdown function prints into the buffer that the script has left open.

ob_start();
echo 'in buffer ';
register_shutdown_function(function () {
    echo 'level ', ob_get_level();
});
