<?php
// openlog() and closelog() work; nothing is sent.

var_dump(openlog('probe', LOG_PID, LOG_USER), closelog());
