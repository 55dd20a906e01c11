<?php
// A parse error in the script itself.
//! alone: it cannot switch display_errors off by itself

ini_set('display_errors', '0')
echo 'never';
