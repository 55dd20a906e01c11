<?php
// set_include_path() applies to one request.
//> GET @
//> GET @

var_dump(get_include_path());
set_include_path(__DIR__ . '/parts');
var_dump((include 'value.txt') === 7);
