<?php
// Frees nested data from the inside out: no PHP code recurses.
$chain = null;
for ($i = 0; $i < 200000; $i++) {
    $chain = [$chain];
}
unset($chain);
echo 'freed';
