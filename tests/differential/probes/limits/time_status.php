<?php
// What shutdown functions learn about a script whose time is over.
//! alone: it uses a whole CPU for a second
ini_set('display_errors', '0');
set_time_limit(1);
register_shutdown_function(function () { var_dump(connection_status(), connection_aborted()); });
for (;;);
