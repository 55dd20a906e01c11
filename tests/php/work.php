<?php
// About 20 ms of waiting, as for a database; echoes what it was asked.
usleep(20_000);
echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['n'] ?? '', ' ', strlen(file_get_contents('php://input'));
