<?php
// A Content-Length that is no number.

header('Content-Length: many');
echo '12345';
