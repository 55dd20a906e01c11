<?php
// header() with a status line: its code and its reason.

header('HTTP/1.1 404 Gone Fishing');
var_dump(http_response_code());
