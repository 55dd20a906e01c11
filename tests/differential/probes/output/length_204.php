<?php
// Content-Length with 204.

http_response_code(204);
header('Content-Length: 0');
