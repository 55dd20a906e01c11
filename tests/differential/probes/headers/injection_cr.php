<?php
// A carriage return alone is refused.

header("X-A: 1\rX-Evil: 1");
echo 'x';
