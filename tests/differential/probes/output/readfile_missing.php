<?php
// readfile() of a missing file: a warning and false.

var_dump(readfile(__DIR__ . '/parts/none.txt'));
