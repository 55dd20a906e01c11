<?php
// A status of 200 that is set after a Location.
//> GET @?by=code
//> GET @?by=line

header('Location: /elsewhere');
$_GET['by'] === 'code' ? http_response_code(200) : header('HTTP/1.1 200 OK');
var_dump(http_response_code());
