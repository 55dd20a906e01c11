<?php
// 304 has no body, but its header fields.
//> GET @?code=304
//> GET @?code=200

http_response_code((int) $_GET['code']);
header('ETag: "abc"');
echo 'text';
