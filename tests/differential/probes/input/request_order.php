<?php
// $_REQUEST: request_order and variables_order decide what it contains.
//> POST @?a=get&b=get
//: Cookie: a=cookie; c=cookie
//form a=post&d=post

ksort($_REQUEST);
var_dump(ini_get('request_order'), $_REQUEST);
