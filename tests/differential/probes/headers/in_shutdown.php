<?php
// header() in a shutdown function of a script without output.

register_shutdown_function(function () {
    header('X-Shutdown: 1');
    http_response_code(410);
});
