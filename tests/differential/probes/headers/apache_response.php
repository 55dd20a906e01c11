<?php
// apache_response_headers() does not exist under FPM; Apache has it, and so does tusk.

header('X-A: 1');
header('Content-Type: text/plain');
if (function_exists('apache_response_headers')) {
    print_r(apache_response_headers());
}
