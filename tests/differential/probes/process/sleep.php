<?php
// sleep(), usleep() and hrtime() wait for the requested time.

$t = hrtime(true);
usleep(2000);
var_dump(sleep(0), hrtime(true) - $t >= 2000000);
