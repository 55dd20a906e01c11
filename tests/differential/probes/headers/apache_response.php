<?php
// apache_response_headers() is not there under FPM; Apache has it, and so may we.

header('X-A: 1');
header('Content-Type: text/plain');
if (function_exists('apache_response_headers')) {
    print_r(apache_response_headers());
}
