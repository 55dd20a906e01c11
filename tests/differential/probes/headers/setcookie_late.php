<?php
// setcookie() after output is false, with a warning.

echo 'x';
flush();
var_dump(setcookie('a', '1'));
