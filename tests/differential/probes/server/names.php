<?php
// $_SERVER has the names that it has under FPM and no others; those of FastCGI and of
// nginx's configuration apart, and the environment.

$theirs = '/^(REDIRECT_STATUS|USER|REMOTE_USER|PATH_TRANSLATED)$/';
$environment = '/^(HTTP_.*|PATH|HOME|TMPDIR|TZ|LANG|LD_LIBRARY_PATH|PHP_INI_SCAN_DIR|LLVM_.*|\w+SAN_OPTIONS|PROBE_.*)$/';
$names = preg_grep($theirs, array_keys($_SERVER), PREG_GREP_INVERT);
$names = preg_grep($environment, $names, PREG_GREP_INVERT);
sort($names);
echo implode("\n", $names);
