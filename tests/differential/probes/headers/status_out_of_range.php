<?php
// http_response_code() with numbers that are not valid statuses.

var_dump(http_response_code(0), http_response_code(), http_response_code(999), http_response_code());
