<?php
// 204 has no body, whatever the script prints, and the connection can be used again.
//> GET @?code=204
//> GET @?code=200

http_response_code((int) $_GET['code']);
echo 'text';
