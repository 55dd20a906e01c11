<?php // Sets the process's file size limit, and exceeds it (SIGXFSZ).
posix_setrlimit(POSIX_RLIMIT_FSIZE, 4096, -1);
echo @file_put_contents(sys_get_temp_dir() . '/large', str_repeat('x', 100000)) === 100000 ? 'written' : 'refused';
