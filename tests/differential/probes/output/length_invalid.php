<?php
// A Content-Length that is not a number.

header('Content-Length: many');
echo '12345';
