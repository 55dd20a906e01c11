<?php
// A question mark and a hash in the extra path, encoded.
//> GET @/a%3Fb%23c?q=1

var_dump($_SERVER['PATH_INFO'], $_SERVER['QUERY_STRING'], $_SERVER['REQUEST_URI']);
