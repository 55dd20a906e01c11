<?php
// Answers at once, and then holds its worker until the file ?until= exists; no limit of time ends
// it. So tests decide which worker answers: the one that is not held.
ignore_user_abort(true);
set_time_limit(0);
echo 'held';
tusk_finish_request();
while (!file_exists($_GET['until'])) {
    usleep(2000);
    clearstatcache();
}
