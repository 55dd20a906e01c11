<?php
// The version and build of PHP; a web SAPI, not the command line.

var_dump(PHP_VERSION, PHP_ZTS, PHP_DEBUG, PHP_OS_FAMILY, PHP_INT_SIZE, PHP_SAPI === 'cli');
