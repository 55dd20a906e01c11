<?php
// A callback that returns false: the original output is sent.

ob_start(fn ($text) => false);
echo 'original';
ob_end_flush();
