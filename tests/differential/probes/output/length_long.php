<?php
// A Content-Length that is too large: the connection is closed early.

header('Content-Length: 50');
echo '12345';
