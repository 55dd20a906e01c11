<?php
// auto_append_file does not run after exit.
//! alone: isolation_test.py has a prepended file of its own

exit("script\n");
