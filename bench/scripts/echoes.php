<?php
// A page of 50 kB that comes in 2,000 small pieces, as templates do.
for ($i = 0; $i < 2000; $i++) {
    echo 'a piece of 25 bytes, full';
}
