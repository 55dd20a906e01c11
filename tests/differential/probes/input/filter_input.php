<?php
// filter_input() returns the original values, whatever the script has done to the arrays.
//> POST @?a=12x&n=5
//: Cookie: c=<b>
//form p=a@example.org

$_GET['n'] = 6;
var_dump(filter_input(INPUT_GET, 'n', FILTER_VALIDATE_INT), filter_input(INPUT_GET, 'a', FILTER_VALIDATE_INT));
var_dump(filter_input(INPUT_POST, 'p', FILTER_VALIDATE_EMAIL), filter_input(INPUT_COOKIE, 'c', FILTER_SANITIZE_SPECIAL_CHARS));
var_dump(filter_has_var(INPUT_GET, 'none'), filter_input(INPUT_SERVER, 'REQUEST_METHOD'));
