<?php
// SQLite in a file that several requests write to.
//> GET @?f={marker}
//> GET @?f={marker}

$path = sys_get_temp_dir() . '/db-' . $_GET['f'];
$db = new SQLite3($path);
$db->exec('create table if not exists t (a)');
$db->exec('insert into t values (1)');
echo $n = $db->querySingle('select count(*) from t');
$n < 2 || unlink($path);
