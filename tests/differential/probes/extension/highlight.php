<?php
// highlight_string() and php_strip_whitespace().

highlight_string('<?php echo "x"; // comment');
echo php_strip_whitespace(__DIR__ . '/parts/code.txt');
