<?php
// A callback at the end of the script can still set header fields.

ob_start(function ($text) {
    header('X-Length: ' . strlen($text));
    return $text;
});
echo '12345';
