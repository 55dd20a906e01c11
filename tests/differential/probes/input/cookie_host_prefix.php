<?php
// $_COOKIE: the prefixes __Host- and __Secure- cannot be forged by names that PHP mangles.
//> GET @
//: Cookie: __Host-a=1; ..Host-b=2; __Secure-c=3; [_Host-d=4

var_dump($_COOKIE);
