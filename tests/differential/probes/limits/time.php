<?php
// set_time_limit() ends a loop; a shutdown function sees why.
//! alone: it uses a whole CPU for a second

ini_set('display_errors', '0');
register_shutdown_function(function () {
    echo error_get_last()['message'];
});
set_time_limit(1);
while (true) {
}
