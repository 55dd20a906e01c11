<?php
// proc_open() without a shell.

$process = proc_open(['printf', '%s|', 'a b', '$x'], [1 => ['pipe', 'w']], $pipes);
var_dump(stream_get_contents($pipes[1]), proc_close($process));
