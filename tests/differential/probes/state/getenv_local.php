<?php
// getenv() with local_only reads the process's environment alone.

var_dump(getenv('REQUEST_METHOD', true), getenv('PROBE_VARIABLE', true));
