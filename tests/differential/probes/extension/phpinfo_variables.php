<?php
// phpinfo(INFO_VARIABLES) shows the request.
//> GET @?probe=shown

ob_start();
phpinfo(INFO_VARIABLES);
$text = ob_get_clean();
var_dump(str_contains($text, "\$_GET['probe']"), str_contains($text, '>shown<'));
