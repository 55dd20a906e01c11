<?php
// Output in a buffer does not send the header.

ob_start();
echo 'x';
header('X-In-Time: 1');
var_dump(headers_sent());
