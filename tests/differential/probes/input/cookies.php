<?php
// $_COOKIE: decoded values, arrays, spaces, and the first of repeated names.
//> GET @
//: Cookie: a=1; b=x%20y+z; a=2;c[d]=3;  e=4; f; g=h=i; j k=5; l.m=6

var_dump($_COOKIE);
