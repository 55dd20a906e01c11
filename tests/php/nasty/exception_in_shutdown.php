<?php
register_shutdown_function(function () { throw new LogicException('from a shutdown function'); });
echo 'script ';
