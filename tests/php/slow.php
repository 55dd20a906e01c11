<?php
// Holds memory and a lock that tests/integration/slow_log_test.py lets go of.
function waits(): void
{
    flock(fopen($_GET['lock'], 'r'), LOCK_SH); // the line in the slow log
}

if (isset($_GET['stream'])) {
    header('Content-Type: text/event-stream');
    flush();
}
$text = str_repeat('x', (int) ($_GET['bytes'] ?? 0));
waits();
http_response_code((int) ($_GET['status'] ?? 200));
echo 'done';
