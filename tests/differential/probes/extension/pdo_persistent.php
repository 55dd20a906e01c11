<?php
// A persistent connection keeps nothing of a transaction that was left open.
//> GET @?f={marker}
//> GET @?f={marker}

$db = new PDO('sqlite:' . sys_get_temp_dir() . '/pdo-' . $_GET['f'], options: [PDO::ATTR_PERSISTENT => true]);
$db->exec('create table if not exists t (a)');
var_dump($db->inTransaction());
$db->beginTransaction();
$db->exec('insert into t values (1)');
echo $db->query('select count(*) from t')->fetchColumn();
