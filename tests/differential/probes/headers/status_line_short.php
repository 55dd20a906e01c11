<?php
// A status line without a reason, and of HTTP/1.0.

header('HTTP/1.0 503');
var_dump(http_response_code());
