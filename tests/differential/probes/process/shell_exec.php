<?php
// shell_exec(); null for no output. (Backticks are the same, and deprecated since 8.5.)

var_dump(shell_exec('echo hello'), shell_exec('printf ""'), trim(shell_exec('cat < /dev/null; echo done')));
