<?php
// putenv() can remove a variable, for this request only.
//> GET @
//> GET @

var_dump(getenv('PROBE_VARIABLE'), putenv('PROBE_VARIABLE'), getenv('PROBE_VARIABLE'));
