<?php
// Streams: something at once, the rest when ?until= is there.
echo 'before, ';
flush();
while (!file_exists($_GET['until'])) {
    usleep(2000);
}
echo 'after the gate';
flush();
