<?php
// The message of an exception with a previous one, from error_get_last().

ini_set('display_errors', '0');
register_shutdown_function(function () {
    echo error_get_last()['message'];
});
throw new LogicException('outer', 0, new InvalidArgumentException('inner'));
