<?php
// ob_start() and ob_get_clean(): output that is withdrawn.

ob_start();
echo 'hidden';
$text = ob_get_clean();
echo strrev($text), ' ', ob_get_level();
