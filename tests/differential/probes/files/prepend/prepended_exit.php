<?php
// auto_append_file is left out after exit.
//! alone: isolation_test.py has a prepended file of its own

exit("script\n");
