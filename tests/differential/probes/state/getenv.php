<?php
// getenv() reads the process's environment; $_ENV has it too.

var_dump(getenv('PROBE_VARIABLE'), $_ENV['PROBE_VARIABLE'] ?? null, getenv('PROBE_NONE'));
