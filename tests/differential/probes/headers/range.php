<?php
// A Range of a script's response is the script's business.
//> GET @
//: Range: bytes=0-1

echo '0123456789';
