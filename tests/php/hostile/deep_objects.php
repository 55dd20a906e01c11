<?php // 200,000 linked objects are freed.
for ($o = null, $i = 0; $i < 200000; $i++) { $n = new stdClass; $n->o = $o; $o = $n; }
unset($o, $n);
echo 'done';
