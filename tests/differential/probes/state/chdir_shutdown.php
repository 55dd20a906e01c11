<?php
// In a shutdown function the working directory is no longer the script's.

register_shutdown_function(function () {
    var_dump(getcwd() === __DIR__);
});
