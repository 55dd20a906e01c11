<?php
// A folded header, a line break and a space, is refused.

header("X-A: 1\r\n 2");
echo 'x';
