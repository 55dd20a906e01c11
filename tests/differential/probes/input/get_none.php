<?php
// Without a query string QUERY_STRING is empty.

var_dump($_GET, $_SERVER['QUERY_STRING'], $_SERVER['REQUEST_URI']);
