<?php
// Header fields become HTTP_ names in capitals.
//> GET @
//: X-Some-Thing: 1
//: accept: text/html
//: User-Agent: probe/1
//: X-123: n

var_dump($_SERVER['HTTP_X_SOME_THING'], $_SERVER['HTTP_ACCEPT'], $_SERVER['HTTP_USER_AGENT'], $_SERVER['HTTP_X_123']);
