<?php
// The @ operator hides a warning, and leaves fatal errors.

$x = @$undefined['a'];
var_dump($x, error_get_last());
