<?php
// shell_exec() and backticks; null for no output.

var_dump(shell_exec('echo hello'), `printf ""`, trim(shell_exec('cat < /dev/null; echo done')));
