<?php
// connection_status() and connection_aborted() while the client is connected.

echo 'x';
flush();
var_dump(connection_status(), connection_aborted(), ignore_user_abort());
