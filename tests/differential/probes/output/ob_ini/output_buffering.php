<?php
// output_buffering=4096 (in .user.ini): header() works after output, until the buffer is full.

echo 'before';
header('X-After: 1');
var_dump(headers_sent(), ob_get_level(), ob_get_status()['name']);
echo str_repeat('x', 5000);
var_dump(headers_sent());
