<?php // Sets a process-wide limit of SQLite.
(new PDO('sqlite::memory:'))->exec('PRAGMA hard_heap_limit=1');
echo 'done';
