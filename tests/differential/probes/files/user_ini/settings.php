<?php
// .user.ini in the script's directory sets what is allowed there, and nothing else.

var_dump(ini_get('precision'), ini_get('default_charset'), ini_get('disable_functions'), ini_get('arg_separator.output'));
