<?php // libgmp calls abort().
gmp_fact(1 << 40);
