<?php
// move_uploaded_file() moves only uploaded files.

var_dump(is_uploaded_file(__FILE__), move_uploaded_file(__FILE__, sys_get_temp_dir() . '/stolen'));
