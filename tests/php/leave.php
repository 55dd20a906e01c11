<?php
// Waits for ?until=, then writes; records in ?note= what it knows of its client at the end.
if (isset($_GET['began'])) {
    touch($_GET['began']);
}
register_shutdown_function(function () {
    file_put_contents($_GET['note'], json_encode([connection_aborted(), connection_status(), $GLOBALS['after']]));
});
$after = false;
while (!file_exists($_GET['until'])) {
    usleep(2000);
}
echo 'output';
$after = true;
