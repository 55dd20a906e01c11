<?php
// error_get_last() and json_last_error() do not report the previous request's errors.
//> GET @
//> GET @

var_dump(error_get_last(), json_last_error(), preg_last_error());
@trigger_error('kept');
json_decode('{');
@preg_match('/(?:\D+|<\d+>)*[!?]/', 'foobar foobar foobar');
