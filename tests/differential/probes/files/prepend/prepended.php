<?php
// auto_prepend_file and auto_append_file (in .user.ini) run before and after the script.
//! alone: isolation_test.py has a prepended file of its own

echo "script\n";
