<?php
// session_start() with options: the cookie's attributes, and reading only.

session_id('optionsprobe' . bin2hex(random_bytes(4)));
session_start(['cookie_samesite' => 'Strict', 'cookie_httponly' => true, 'cookie_path' => '/x', 'name' => 'OTHER', 'read_and_close' => true]);
$cookie = preg_grep('/^Set-Cookie/', headers_list());
header_remove('Set-Cookie');
var_dump(preg_replace('/=\w+/', '=ID', array_values($cookie), 1), session_status() === PHP_SESSION_NONE);
