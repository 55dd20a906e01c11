<?php
// include of a missing file warns; require of one ends the script.

ini_set('display_errors', '0');
var_dump(include 'parts/none.txt');
echo error_get_last()['message'];
require 'parts/none.txt';
echo 'never';
