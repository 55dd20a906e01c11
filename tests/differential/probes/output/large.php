<?php
// 3 MB of output arrive whole.

for ($i = 0; $i < 3000; $i++) {
    echo str_repeat(chr(65 + $i % 26), 999), "\n";
}
