<?php
// A field with a dot in its name.
//> GET @
//: X.Evil: 1
//: X-Good: 2

var_dump($_SERVER['HTTP_X_EVIL'] ?? null, $_SERVER['HTTP_X.EVIL'] ?? null, $_SERVER['HTTP_X_GOOD']);
