<?php
// fastcgi_finish_request() sends what was buffered; a later header() is too late.

ob_start();
echo 'buffered';
header('X-Before: 1');
fastcgi_finish_request();
header('X-After: 1');
echo 'after';
