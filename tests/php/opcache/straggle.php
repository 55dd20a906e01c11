<?php
// Blocks a restart of OPcache: ?how= says in which way. Creates ?began= when it begins; a wait ends
// when ?until= exists.
ini_set('max_execution_time', 0);
if ($_GET['how'] === 'events') {
    header('Content-Type: text/event-stream');
}
echo "data: first\n\n";
flush();
touch($_GET['began']);
match ($_GET['how']) {
    'events', 'waits' => (function () {
        while (!file_exists($_GET['until'])) {
            usleep(2000);
            clearstatcache();
        }
    })(),
    'computes' => (function () { for (;;); })(),
    // One function that looks at nothing until it is done, in an hour.
    'lost' => hash_pbkdf2('sha512', 'a', 'b', 4_000_000_000),
};
