<?php
// A Content-Length that is too small, found out after a flush().

header('Content-Length: 5');
echo '1234';
flush();
echo '567890';
