<?php
// getenv() reads request variables, as it does in every SAPI of a web server.
//> GET @?a=1
//: X-Probe: value

var_dump(getenv('REQUEST_METHOD'), getenv('QUERY_STRING'), getenv('HTTP_X_PROBE'), getenv('REMOTE_ADDR'));
