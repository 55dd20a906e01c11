<?php
// An uncaught exception without display_errors: 500, and output before it.

ini_set('display_errors', '0');
echo 'before';
throw new RuntimeException('nobody catches this');
