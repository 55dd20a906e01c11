<?php
// A Content-Length of a 304, which states the length of the 200.

http_response_code(304);
header('Content-Length: 99');
