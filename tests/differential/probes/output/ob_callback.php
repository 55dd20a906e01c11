<?php
// A callback changes the output, and sees the flags of each call.

ob_start(function (string $text, int $flags): string {
    return sprintf('[%d:%s]', $flags, strtoupper($text));
});
echo 'a';
ob_flush();
echo 'b';
ob_clean();
echo 'c';
ob_end_flush();
