<?php
// $_GET: empty names, empty values, repeated and trailing separators.
//> GET @?&&a&b=&=c&==d&e==f&&

var_dump($_GET);
