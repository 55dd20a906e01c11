<?php
// dl() is off.

var_dump(function_exists('dl') && @dl('none.so'));
