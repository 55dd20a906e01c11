<?php
// A Content-Length that is set twice: the last counts.

header('Content-Length: 3');
header('Content-Length: 5');
echo '12345';
