<?php
// A new session: its cookie's attributes, and the length of its id.

session_start();
$cookie = preg_grep('/^Set-Cookie/', headers_list());
header_remove('Set-Cookie');
var_dump(preg_replace('/=\w+/', '=ID', array_values($cookie), 1), strlen(session_id()));
session_destroy();
