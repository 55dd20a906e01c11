<?php
// phar.readonly is on: scripts read archives, and make none.

var_dump(ini_get('phar.readonly'), Phar::canWrite(), in_array('phar', stream_get_wrappers()));
