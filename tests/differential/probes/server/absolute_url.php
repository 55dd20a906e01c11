<?php
// An absolute URL as request target.
//> GET http://example.org:81/server/absolute_url.php?a=1

var_dump($_SERVER['REQUEST_URI'], $_SERVER['SCRIPT_NAME'], $_SERVER['HTTP_HOST']);
