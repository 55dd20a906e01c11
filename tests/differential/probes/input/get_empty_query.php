<?php
// A question mark with nothing after it stays in REQUEST_URI.
//> GET @?

var_dump($_GET, $_SERVER['QUERY_STRING'], $_SERVER['REQUEST_URI']);
