<?php
// Writes until its client has left, then records in ?note= what it knows of that.
ignore_user_abort(isset($_GET['ignore']));
register_shutdown_function(function () {
    file_put_contents($_GET['note'], json_encode([
        'aborted' => connection_aborted(), 'status' => connection_status(), 'rounds' => $GLOBALS['rounds']]));
});
for ($rounds = 0; $rounds < 20000 && !connection_aborted(); $rounds++) {
    echo str_repeat('x', 1024);
    flush();
    usleep(500);
}
$rounds .= ' to its end';
