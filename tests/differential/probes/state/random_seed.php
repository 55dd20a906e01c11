<?php
// mt_srand() applies to one request; the sequence is PHP's.

mt_srand(42);
echo mt_rand(), ' ', mt_rand(1, 100), ' ', rand(1, 6), ' ', implode(',', (array) array_rand(range(0, 99), 3));
