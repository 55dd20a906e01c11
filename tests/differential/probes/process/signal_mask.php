<?php
// No signal is blocked when a script begins; the signals that it blocks are returned to it.
//! needs: pcntl

pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1, SIGTERM], $before);
pcntl_sigprocmask(SIG_UNBLOCK, [SIGTERM], $both);
pcntl_sigprocmask(SIG_SETMASK, [SIGUSR2], $one);
pcntl_sigprocmask(SIG_UNBLOCK, [SIGUSR2], $other);
var_dump($before, $both, $one, $other);
