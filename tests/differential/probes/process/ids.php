<?php
// getmypid(), getmyuid() and get_current_user() are plausible.

var_dump(getmypid() > 1, getmypid() === posix_getpid(), posix_getuid() === getmyuid() || posix_getuid() === 0);
