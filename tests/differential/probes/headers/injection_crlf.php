<?php
// A line break in a header is refused with a warning.

header("X-A: 1\r\nX-Evil: 1");
echo 'x';
