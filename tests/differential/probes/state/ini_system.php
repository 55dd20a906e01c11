<?php
// A setting of PHP_INI_SYSTEM cannot be changed by a script.

var_dump(ini_set('disable_functions', ''), ini_set('post_max_size', '1G'), ini_get('post_max_size'));
