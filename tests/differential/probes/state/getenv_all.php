<?php
// getenv() without a name has the request's variables too.

$all = getenv();
var_dump(isset($all['REQUEST_METHOD'], $all['SCRIPT_NAME']), $all['PROBE_VARIABLE'] ?? null);
