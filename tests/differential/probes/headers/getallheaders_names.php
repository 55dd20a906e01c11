<?php
// getallheaders(): how the names are written.
//> GET @
//: X-Some-thing: 1
//: aCCept: text/html

$names = array_keys(getallheaders());
sort($names);
echo implode(' ', $names);
