<?php // A script that runs on while OPcache wants to restart.
if (isset($_GET['look'])) {
    $status = opcache_get_status(false);
    exit($status && $status['opcache_enabled'] && !$status['restart_pending'] ? 'cached' : 'uncached');
}
if (isset($_GET['reset'])) { opcache_reset(); exit('reset'); }
header('Content-Type: text/event-stream');
file_put_contents(sys_get_temp_dir() . '/streaming', 'x');
for ($i = 0; $i < 1500 && is_file(sys_get_temp_dir() . '/streaming'); $i++) {
    usleep(10000);
    echo ".\n"; flush();
}
