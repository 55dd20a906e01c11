<?php
// 100 header fields.

for ($i = 0; $i < 100; $i++) {
    header("X-Number-$i: $i");
}
