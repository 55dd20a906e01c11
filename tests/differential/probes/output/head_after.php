<?php
// HEAD: the script runs to its end, although its output is not sent.
//> HEAD @?box={marker}
//> GET @?box={marker}&look=1

$note = sys_get_temp_dir() . '/head-' . $_GET['box'];
if (isset($_GET['look'])) {
    var_dump(file_exists($note), @unlink($note));
    exit;
}
echo 'output';
flush();
touch($note);
