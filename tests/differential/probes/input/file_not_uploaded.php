<?php
// Another file than an uploaded one is not moved.

var_dump(is_uploaded_file(__FILE__), move_uploaded_file(__FILE__, sys_get_temp_dir() . '/stolen'));
