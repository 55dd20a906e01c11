<?php
// header('Status: …') sets the status, and is no field of the response.

header('Status: 404 Not Found');
var_dump(http_response_code());
