<?php
// mail() passes the message to sendmail_path.

putenv('PROBE_MAIL=' . bin2hex(random_bytes(8)));
var_dump(mail('to@example.org', 'A subject', "line one\nline two", ['From' => 'from@example.org', 'X-Probe' => '1']));
$box = sys_get_temp_dir() . '/mail-' . getenv('PROBE_MAIL');
echo file_get_contents($box);
unlink($box);
