<?php
// HEAD of a script with much output.
//> HEAD @

header('X-A: 1');
for ($i = 0; $i < 1000; $i++) {
    echo str_repeat('x', 1000);
}
