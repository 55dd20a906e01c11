<?php
// disable_functions of php.ini: the function does not exist.

var_dump(function_exists('gethostname'), is_callable('gethostname'));
try {
    gethostname();
} catch (Error $e) {
    echo $e->getMessage();
}
