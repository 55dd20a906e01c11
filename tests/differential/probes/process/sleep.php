<?php
// sleep(), usleep() and hrtime() wait as long as they say.

$t = hrtime(true);
usleep(2000);
var_dump(sleep(0), hrtime(true) - $t >= 2000000);
