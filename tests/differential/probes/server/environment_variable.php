<?php
// $_SERVER has the process's environment, as applications in containers expect.

var_dump($_SERVER['PROBE_VARIABLE'] ?? null);
