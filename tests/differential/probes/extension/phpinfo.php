<?php
// phpinfo() of one section; in HTML, as a web SAPI prints it.

ob_start();
phpinfo(INFO_MODULES);
$text = ob_get_clean();
var_dump(str_contains($text, '<h2><a name="module_json"'), str_contains($text, '<!DOCTYPE'));
