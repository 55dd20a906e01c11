<?php
// The working directory is the script's at each start; chdir() applies to one request.
//> GET @
//> GET @

echo basename(getcwd()), "\n";
chdir('/');
echo getcwd(), ' ', file_exists('etc') ? 'there' : 'not there', ' ', trim(shell_exec('pwd'));
