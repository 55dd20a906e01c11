<?php
// pcntl_fork() exists in the same cases.

var_dump(function_exists('pcntl_fork'), function_exists('pcntl_exec'));
