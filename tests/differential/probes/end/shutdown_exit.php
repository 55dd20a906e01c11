<?php
// exit in a shutdown function: no further one is called.

register_shutdown_function(function () {
    echo 'first ';
    exit('exit ');
});
register_shutdown_function(fn () => print('second '));
