<?php
// error_reporting() decides what is shown.

error_reporting(E_ALL & ~E_WARNING);
echo $undefined;
trigger_error('a notice');
trigger_error('deprecated', E_USER_DEPRECATED);
trigger_error('a warning', E_USER_WARNING);
