<?php
// A NUL is refused.

header("X-A: 1\0X-Evil: 1");
echo 'x';
