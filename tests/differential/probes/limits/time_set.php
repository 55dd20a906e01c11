<?php
// set_time_limit() returns true, and changes the setting.

var_dump(set_time_limit(5), ini_get('max_execution_time'), set_time_limit(0), ini_get('max_execution_time'));
