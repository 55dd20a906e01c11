<?php
// Occupies its worker until the file ?until= exists; creates ?began= when it begins. So tests decide
// when a script is "slow", and no clock does. Ends by itself after a minute.
ignore_user_abort(true);
if (isset($_GET['began'])) {
    touch($_GET['began']);
}
if (isset($_GET['flush'])) {
    echo "first\n";
    flush();
}
$end = hrtime(true) + 60_000_000_000;
while (!file_exists($_GET['until']) && hrtime(true) < $end) {
    usleep(2000);
    clearstatcache();
}
echo "through the gate\n";
