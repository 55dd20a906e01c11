<?php
// exec(): lines, last line and exit status.

var_dump(exec('printf "a\nb\n"; exit 4', $lines, $code), $lines, $code);
