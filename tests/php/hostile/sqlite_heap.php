<?php // A limit of SQLite's that is the process's.
(new PDO('sqlite::memory:'))->exec('PRAGMA hard_heap_limit=1');
echo 'done';
