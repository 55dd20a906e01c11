<?php
// pcntl_fork() is there in the same measure.

var_dump(function_exists('pcntl_fork'), function_exists('pcntl_exec'));
