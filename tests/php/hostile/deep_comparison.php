<?php // Two arrays, 100,000 deep, are compared.
for ($a = [], $b = [], $i = 0; $i < 100000; $i++) { $a = [$a]; $b = [$b]; }
var_dump($a == $b);
