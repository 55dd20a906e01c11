<?php
// A Content-Length that is too small: the rest is cut off.

header('Content-Length: 5');
echo '1234567890';
