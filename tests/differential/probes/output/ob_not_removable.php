<?php
// A buffer without flags cannot be cleaned, flushed or removed.

ob_start(null, 0, 0);
echo 'stays';
var_dump(@ob_clean(), @ob_flush(), @ob_end_clean());
