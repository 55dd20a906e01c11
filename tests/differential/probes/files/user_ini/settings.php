<?php
// .user.ini in the script's directory sets the directives that are allowed there, and no others.

var_dump(ini_get('precision'), ini_get('default_charset'), ini_get('disable_functions'), ini_get('arg_separator.output'));
