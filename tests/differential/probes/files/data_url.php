<?php
// data: URLs, and allow_url_include for them.

echo file_get_contents('data:text/plain;base64,SGVsbG8=');
ini_set('display_errors', '0');
var_dump(@include 'data:text/plain,<?php echo 1;');
