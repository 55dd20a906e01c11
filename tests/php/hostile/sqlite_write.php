<?php // Whether the database of sqlite_function.php can be written.
$db = new SQLite3(sys_get_temp_dir() . '/hostile.sqlite');
$db->exec('CREATE TABLE IF NOT EXISTS t (a)');
echo @$db->exec('INSERT INTO t VALUES (1)') ? 'free' : 'locked';
