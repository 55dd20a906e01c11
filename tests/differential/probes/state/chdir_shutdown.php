<?php
// In a shutdown function the working directory is the script's no more.

register_shutdown_function(function () {
    var_dump(getcwd() === __DIR__);
});
