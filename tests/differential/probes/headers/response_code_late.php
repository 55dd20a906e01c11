<?php
// http_response_code() after output: a warning, and no change.

echo 'x';
flush();
var_dump(http_response_code(404), http_response_code());
