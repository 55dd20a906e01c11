<?php
// Finishes its response, and goes on. ?by= is the function, ?after= a file to write afterwards.
ob_start();
session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
header('X-Before: yes');
echo "the answer {$_SESSION['n']}";
$first = $_GET['by']();
header('X-After: no');
echo 'not for the client';
flush();
$again = $_GET['by']();
// The session's lock is free: another request may have it while this one waits.
while (isset($_GET['until']) && !file_exists($_GET['until'])) {
    usleep(5000);
}
file_put_contents($_GET['after'], json_encode([
    'first' => $first,
    'again' => $again,
    'session' => session_status() === PHP_SESSION_NONE,
    'aborted' => connection_aborted(),
    'status' => connection_status(),
]));
