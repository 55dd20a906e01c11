<?php // Generators that delegate, 50,000 deep.
function g($inner) { yield from $inner; }
$g = (function () { yield 1; })();
for ($i = 0; $i < 50000; $i++) $g = g($g);
foreach ($g as $x);
$g = null;
echo 'done';
