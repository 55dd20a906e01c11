<?php
// default_mimetype and default_charset, set by the script.

ini_set('default_mimetype', 'text/x-probe');
ini_set('default_charset', 'ISO-8859-15');
echo 'x';
