<?php
// OPTIONS goes to the script.
//> OPTIONS @
//: Origin: http://example.org
//: Access-Control-Request-Method: PUT

header('Access-Control-Allow-Origin: ' . $_SERVER['HTTP_ORIGIN']);
echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['HTTP_ACCESS_CONTROL_REQUEST_METHOD'];
