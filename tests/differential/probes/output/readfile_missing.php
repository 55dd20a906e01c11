<?php
// readfile() of nothing: a warning and false.

var_dump(readfile(__DIR__ . '/parts/none.txt'));
