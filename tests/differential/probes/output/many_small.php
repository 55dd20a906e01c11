<?php
// 100,000 very small outputs.

for ($i = 0; $i < 100000; $i++) {
    echo $i % 10;
}
