<?php
// Comes before every probe of isolation_test.py: shows the request's marker from all places where it
// is, and gives other requests the time to come in between.
header('X-Markers: ' . implode(' ', [
    $_GET['marker'] ?? '-',
    $_POST['marker'] ?? '-',
    $_COOKIE['marker'] ?? '-',
    $_SERVER['HTTP_X_MARKER'] ?? '-',
]));
usleep(random_int(0, 500));
