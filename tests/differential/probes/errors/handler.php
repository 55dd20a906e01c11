<?php
// set_error_handler(): its arguments; returning false lets PHP go on.

set_error_handler(function (int $type, string $message, string $file, int $line): bool {
    echo "$type $message ", basename($file), ":$line\n";
    return $type !== E_USER_NOTICE;
});
echo $undefined;
trigger_error('mine');
