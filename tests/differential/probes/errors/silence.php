<?php
// The @ operator hides a warning, but not fatal errors.

$x = @$undefined['a'];
var_dump($x, error_get_last());
