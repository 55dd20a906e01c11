<?php
// ob_gzhandler does not change the output if the client does not accept it.

ob_start('ob_gzhandler');
echo str_repeat('do not compress me ', 20);
