<?php
// A fatal error after the script has set a status.

ini_set('display_errors', '0');
http_response_code(404);
undefined_function();
