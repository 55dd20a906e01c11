<?php
// ini_set() applies to one request.
//> GET @
//> GET @

var_dump(ini_get('precision'), ini_set('precision', '3'), 1 / 3, ini_get('precision'));
ini_set('arg_separator.output', ';');
ini_set('memory_limit', '99M');
echo http_build_query(['a' => 1, 'b' => 2]);
