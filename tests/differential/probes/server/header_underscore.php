<?php
// A field with an underscore sets no variable: it could be mistaken for one with a dash.
//> GET @
//: X_Evil: 1
//: X-Good: 2

var_dump($_SERVER['HTTP_X_EVIL'] ?? null, $_SERVER['HTTP_X_GOOD']);
