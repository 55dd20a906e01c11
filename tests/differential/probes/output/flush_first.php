<?php
// flush() before any output sends the header; it cannot be changed any more.

flush();
var_dump(headers_sent());
header('X-Late: 1');
echo 'end';
