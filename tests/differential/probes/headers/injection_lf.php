<?php
// A line feed alone is refused.

header("X-A: 1\nX-Evil: 1");
echo 'x';
