<?php
// fastcgi_finish_request(): the client gets its response, later output is discarded, the script goes on.
//> GET @?box={marker}
//> GET @?box={marker}&look=1

function_exists('fastcgi_finish_request') || exit('it is not there');
$note = sys_get_temp_dir() . '/finish-' . $_GET['box'];
if (isset($_GET['look'])) {
    for ($i = 0; $i < 500 && !file_exists($note); $i++) {
        usleep(10000);
    }
    echo file_get_contents($note);
    unlink($note);
    exit;
}
echo 'before ';
$done = fastcgi_finish_request();
echo 'after';
file_put_contents("$note.new", var_export($done, true));
rename("$note.new", $note);
