<?php
// $_GET: a semicolon does not separate.
//> GET @?a=1;b=2&c=3;d

var_dump($_GET);
