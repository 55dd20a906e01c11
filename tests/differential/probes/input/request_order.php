<?php
// $_REQUEST: what is in it is decided by request_order and variables_order.
//> POST @?a=get&b=get
//: Cookie: a=cookie; c=cookie
//form a=post&d=post

ksort($_REQUEST);
var_dump(ini_get('request_order'), $_REQUEST);
