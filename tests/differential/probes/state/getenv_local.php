<?php
// getenv() with local_only reads only the process's environment.

var_dump(getenv('REQUEST_METHOD', true), getenv('PROBE_VARIABLE', true));
