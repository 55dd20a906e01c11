<?php // Leaves the session of the server.
posix_setsid();
posix_setpgid(0, 0);
posix_setuid(65534);
echo posix_getuid();
