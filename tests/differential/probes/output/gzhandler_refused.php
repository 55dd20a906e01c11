<?php
// ob_gzhandler leaves the output alone where the client does not take it.

ob_start('ob_gzhandler');
echo str_repeat('do not compress me ', 20);
