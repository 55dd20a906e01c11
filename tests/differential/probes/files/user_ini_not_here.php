<?php
// .user.ini of another directory does not apply.

var_dump(ini_get('precision'), ini_get('arg_separator.output'));
