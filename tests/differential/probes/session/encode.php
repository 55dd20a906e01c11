<?php
// session_encode() and session_decode(), with both serializers.
//> GET @
//: Cookie: PHPSESSID={marker}encode

session_start();
$_SESSION = ['a' => [1, 2], 'b' => 'x'];
var_dump(session_encode(), session_decode('c|s:1:"y";'), $_SESSION);
