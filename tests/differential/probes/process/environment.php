<?php
// A program that is started has the server's environment, and nothing of the request.
//> GET @
//: X-Probe: 1

var_dump(trim(shell_exec('echo "$PROBE_VARIABLE"')), trim(shell_exec('echo "$HTTP_X_PROBE$REQUEST_METHOD"')));
