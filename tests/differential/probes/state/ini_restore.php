<?php
// ini_restore() brings the value of php.ini back.

ini_set('precision', '3');
ini_restore('precision');
var_dump(ini_get('precision'), ini_get('none'), ini_set('none', '1'));
