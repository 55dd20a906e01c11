<?php
// A callback that throws: an uncaught exception.

ob_start(fn () => throw new Exception('from the callback'));
echo 'text';
ob_end_flush();
echo 'after';
