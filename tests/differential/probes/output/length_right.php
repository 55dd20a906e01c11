<?php
// A right Content-Length from the script.

header('Content-Length: 5');
echo '12345';
