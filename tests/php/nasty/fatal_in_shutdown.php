<?php
register_shutdown_function(function () { no_such_function_in_shutdown(); });
register_shutdown_function(function () { echo 'second '; });
echo 'script ';
