<?php // SplQueue in SplQueue, 100,000 deep.
$q = new SplQueue;
for ($i = 0; $i < 100000; $i++) { $n = new SplQueue; $n[] = $q; $q = $n; }
$n = $q = null;
echo 'done';
