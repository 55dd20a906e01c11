<?php
// A long header field of 4,000 bytes.
//> GET @
//: X-Long: {y*4000}

var_dump(strlen($_SERVER['HTTP_X_LONG']));
