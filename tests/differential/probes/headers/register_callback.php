<?php
// header_register_callback() is called just before the header goes out.

header_register_callback(function () {
    header('X-Callback: 1');
    header_remove('X-Gone');
});
header('X-Gone: 1');
echo 'x';
