<?php
// A form's Content-Type may have parameters and any case.
//> POST @
//: Content-Type: Application/X-WWW-Form-URLEncoded; charset=utf-8
//= a=1&b=2

var_dump($_POST, $_SERVER['CONTENT_TYPE']);
