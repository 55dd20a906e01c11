<?php
// The standard input of a program is empty.

var_dump(shell_exec('cat; echo end'));
