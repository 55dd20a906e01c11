<?php
// html_errors, switched on by the script.

ini_set('html_errors', '1');
echo $undefined;
