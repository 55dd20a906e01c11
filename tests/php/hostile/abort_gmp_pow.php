<?php // libgmp calls abort().
gmp_pow(2, PHP_INT_MAX);
