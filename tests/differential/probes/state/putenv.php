<?php
// putenv() applies to one request: for getenv() and for programs that are started.
//> GET @?v={marker}
//> GET @?v={marker}

var_dump(getenv('PROBE_PUT'));
putenv('PROBE_PUT=' . $_GET['v']);
var_dump(getenv('PROBE_PUT') === $_GET['v'], trim(shell_exec('echo "$PROBE_PUT"')) === $_GET['v']);
