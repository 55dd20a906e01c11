<?php // Leaves the server's session.
posix_setsid();
posix_setpgid(0, 0);
posix_setuid(65534);
echo posix_getuid();
