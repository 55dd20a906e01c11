<?php
// ini_restore() restores the value of php.ini.

ini_set('precision', '3');
ini_restore('precision');
var_dump(ini_get('precision'), ini_get('none'), ini_set('none', '1'));
