<?php
// error_prepend_string and error_append_string surround each message.

ini_set('error_prepend_string', '<<');
ini_set('error_append_string', '>>');
echo $undefined;
