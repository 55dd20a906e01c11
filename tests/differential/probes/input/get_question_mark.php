<?php
// Only the first question mark begins the query string.
//> GET @?a=1?b=2

var_dump($_GET, $_SERVER['QUERY_STRING']);
