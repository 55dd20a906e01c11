<?php
// PDO with SQLite in memory: types, a function in PHP, an exception.

$db = new PDO('sqlite::memory:');
$db->exec('create table t (a integer, b text)');
$insert = $db->prepare('insert into t values (?, ?)');
$insert->execute([1, 'ä']);
$insert->execute([2, null]);
$db->sqliteCreateFunction('twice', fn ($x) => $x * 2);
var_dump($db->query('select twice(a) as t, b from t')->fetchAll(PDO::FETCH_ASSOC));
try {
    $db->query('nonsense');
} catch (PDOException $e) {
    echo $e->getMessage();
}
