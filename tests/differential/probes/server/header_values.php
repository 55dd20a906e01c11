<?php
// Header values: inner spaces, tabs, commas, bytes above 127, and nothing at all.
//> GET @
//: X-A: one  two,three
//: X-B: \xc3\xa4\xff
//: X-C:
//: X-D: a\tb

var_dump($_SERVER['HTTP_X_A'], bin2hex($_SERVER['HTTP_X_B']), $_SERVER['HTTP_X_C'] ?? null, $_SERVER['HTTP_X_D']);
