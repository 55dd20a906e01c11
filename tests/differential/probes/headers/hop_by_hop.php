<?php
// Fields about the connection that a script sets do not break it.
//> GET @
//> GET @

header('Transfer-Encoding: identity');
header('Keep-Alive: timeout=99');
echo 'x';
