<?php
// Freed from the inside out: no recursion of PHP code at all.
$chain = null;
for ($i = 0; $i < 200000; $i++) {
    $chain = [$chain];
}
unset($chain);
echo 'freed';
