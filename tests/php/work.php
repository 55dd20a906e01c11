<?php
// Waits about 20 ms, as for a database, and echoes its parameters.
usleep(20_000);
echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['n'] ?? '', ' ', strlen(file_get_contents('php://input'));
