<?php
// setcookie() with a time: Expires, and Max-Age by the clock.

setcookie('a', 'v', 4102444800);
ob_start();
echo 'x';
$list = preg_replace('/Max-Age=\d+/', 'Max-Age=N', implode("\n", headers_list()));
header_remove('Set-Cookie');
echo $list;
