<?php
// Several Cookie lines are one list.
//> GET @
//: Cookie: a=1; b=2
//: Cookie: c=3
//! alone: its cookies are one line then

var_dump($_COOKIE, $_SERVER['HTTP_COOKIE']);
