<?php
// A buffer with a chunk size calls its callback when the size is exceeded.

ob_start(fn ($text) => "<$text>", 4);
echo 'ab';
echo 'cdef';
echo 'g';
