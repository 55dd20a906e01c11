<?php
// Range is not applied to a script's response; the script has to handle it.
//> GET @
//: Range: bytes=0-1

echo '0123456789';
