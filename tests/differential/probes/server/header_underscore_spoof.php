<?php
// A field with an underscore does not replace the one with a dash, in either order.
//> GET @
//: X_User: evil
//: X-User: good
//> GET @
//: X-User: good
//: X_User: evil

var_dump($_SERVER['HTTP_X_USER']);
