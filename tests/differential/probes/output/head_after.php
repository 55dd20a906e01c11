<?php
// HEAD: the script runs to its end, although its output is not sent.
//> HEAD @?box={marker}
//> GET @?box={marker}&look=1

$note = sys_get_temp_dir() . '/head-' . $_GET['box'];
if (isset($_GET['look'])) {
    // The answer to HEAD may come before the script has ended.
    for ($i = 0; $i < 5000 && !file_exists($note); $i++) { usleep(1000); clearstatcache(); }
    var_dump(file_exists($note), @unlink($note));
    exit;
}
echo 'output';
flush();
touch($note);
