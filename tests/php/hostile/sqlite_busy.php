<?php // Waits for a lock that is never free.
$file = sys_get_temp_dir() . '/busy.sqlite';
$a = new SQLite3($file); $a->exec('CREATE TABLE IF NOT EXISTS t (a); BEGIN EXCLUSIVE');
$b = new SQLite3($file); $b->busyTimeout(60000);
@$b->exec('INSERT INTO t VALUES (1)');
