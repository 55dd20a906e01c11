<?php
// setlocale() of one category does not change the others.

var_dump(setlocale(LC_NUMERIC, 'C'), setlocale(LC_ALL, 'none_NONE'), localeconv()['decimal_point']);
printf('%.2f', 1234.5);
