<?php
// flush() between outputs changes nothing in the body.

for ($i = 0; $i < 5; $i++) {
    echo "line $i\n";
    flush();
}
