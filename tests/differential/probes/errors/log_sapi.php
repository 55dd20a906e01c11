<?php
// error_log() with type 4, and to the server's log, shows nothing to the client.

ini_set('error_log', '');
var_dump(error_log('for the server log'), error_log('for the SAPI', 4));
