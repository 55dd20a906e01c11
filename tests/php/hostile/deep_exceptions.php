<?php // 150,000 chained exceptions.
for ($e = null, $i = 0; $i < 150000; $i++) $e = new Exception('', 0, $e);
$e = null;
echo 'done';
