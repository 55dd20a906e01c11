<?php
// A code after a status line: the code counts, with its own reason.

header('HTTP/1.1 404 Gone Fishing');
http_response_code(500);
echo 'x';
