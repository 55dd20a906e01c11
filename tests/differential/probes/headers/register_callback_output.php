<?php
// A callback that prints.

header_register_callback(function () {
    echo 'from the callback ';
});
echo 'from the script';
