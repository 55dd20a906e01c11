<?php // Holds an SQLite database of the document root, and may read it as a file.
$file = __DIR__ . '/held.sqlite3x';
$db = new SQLite3($file);
$db->exec('CREATE TABLE IF NOT EXISTS t (a); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)');
if (isset($_GET['read'])) md5_file($file);
file_put_contents(sys_get_temp_dir() . '/held', 'x');
for ($i = 0; $i < 300 && is_file(sys_get_temp_dir() . '/held'); $i++) usleep(10000);
echo $db->exec('COMMIT') ? 'committed' : 'lost';
