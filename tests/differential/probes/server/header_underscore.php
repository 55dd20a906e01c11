<?php
// A field with an underscore is no variable: it could pass for one with a dash.
//> GET @
//: X_Evil: 1
//: X-Good: 2

var_dump($_SERVER['HTTP_X_EVIL'] ?? null, $_SERVER['HTTP_X_GOOD']);
