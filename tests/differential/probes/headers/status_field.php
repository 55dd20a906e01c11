<?php
// header('Status: …') sets the status, and is not sent as a field.

header('Status: 404 Not Found');
var_dump(http_response_code());
