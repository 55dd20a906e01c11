<?php
// phar.readonly is on: scripts can read archives, but not create them.

var_dump(ini_get('phar.readonly'), Phar::canWrite(), in_array('phar', stream_get_wrappers()));
