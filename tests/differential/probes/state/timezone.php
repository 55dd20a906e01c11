<?php
// date_default_timezone_set() applies to one request.
//> GET @
//> GET @

var_dump(date_default_timezone_get(), date('Y-m-d H:i T', 0));
date_default_timezone_set('Asia/Tokyo');
var_dump(date('Y-m-d H:i T', 0));
