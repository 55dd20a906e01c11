<?php
// session_start() after output: a warning, and false.
//> GET @
//: Cookie: PHPSESSID={marker}late

echo 'output ';
flush();
var_dump(session_start());
