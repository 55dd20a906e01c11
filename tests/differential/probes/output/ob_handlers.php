<?php
// ob_list_handlers() and ob_get_status().

function named($text)
{
    return $text;
}
ob_start('named');
ob_start();
$status = ob_get_status(true);
$names = ob_list_handlers();
ob_end_clean();
ob_end_clean();
var_dump($names, array_column($status, 'name'), array_column($status, 'level'));
