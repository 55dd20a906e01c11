<?php
// A Content-Length of a 304, which says how long the 200 would be.

http_response_code(304);
header('Content-Length: 99');
