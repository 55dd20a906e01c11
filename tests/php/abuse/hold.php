<?php
// Answers at once, and then occupies its worker until the file ?until= exists; no time limit ends it.
// So tests decide which worker answers: the one that is free.
ignore_user_abort(true);
set_time_limit(0);
echo 'held';
tusk_finish_request();
while (!file_exists($_GET['until'])) {
    usleep(2000);
    clearstatcache();
}
