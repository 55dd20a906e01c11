<?php // A fatal error in an SQLite function, inside a transaction.
$db = new SQLite3(sys_get_temp_dir() . '/hostile.sqlite');
$db->exec('CREATE TABLE IF NOT EXISTS t (a)');
$db->createFunction('f', function () { str_repeat('x', 1 << 40); });
$db->exec('BEGIN IMMEDIATE');
$db->exec('INSERT INTO t VALUES (f())');
