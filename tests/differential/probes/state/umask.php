<?php
// umask() applies to one request, and for its files.
//> GET @
//> GET @
//! alone: umask belongs to the process, also where PHP puts it back at the end

printf("%04o ", umask());
umask(0077);
$file = tempnam(sys_get_temp_dir(), 'umask');
unlink($file);
touch($file);
printf('%04o', fileperms($file) & 0777);
unlink($file);
