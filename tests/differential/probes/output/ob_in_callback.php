<?php
// Starting a buffer inside a callback is a fatal error.

ob_start(function ($text) {
    ob_start();
    return $text;
});
echo 'text';
ob_end_flush();
