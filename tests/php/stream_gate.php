<?php
// Streams some output at once, and the rest when ?until= exists.
echo 'before, ';
flush();
while (!file_exists($_GET['until'])) {
    usleep(2000);
}
echo 'after the gate';
flush();
