<?php
// Buffers that are open at the end are flushed from the inside to the outside.

ob_start(fn ($text) => "($text)");
echo 'a';
ob_start(fn ($text) => "[$text]");
echo 'b';
