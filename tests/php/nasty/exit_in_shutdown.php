<?php
register_shutdown_function(function () { echo 'one '; exit(3); });
register_shutdown_function(function () { echo 'never'; });
echo 'script ';
