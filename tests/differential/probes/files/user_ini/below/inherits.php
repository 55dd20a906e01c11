<?php
// .user.ini of the directories above applies too; the nearest one wins.

var_dump(ini_get('precision'), ini_get('arg_separator.output'), ini_get('default_charset'));
