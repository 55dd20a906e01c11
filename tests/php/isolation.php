<?php
// Keeps its input for a while, beside other requests that do the same, and compares it.
$before = [$_GET['id'], $_POST['id'] ?? null, $_COOKIE['id'], $_SERVER['HTTP_X_ID'], $_SERVER['REQUEST_URI']];
$sum = 0;
for ($i = 0; $i < 5; $i++) {
    usleep(random_int(0, 2000));
    $sum += strlen(serialize($GLOBALS['before']));
    if ([$_GET['id'], $_POST['id'] ?? null, $_COOKIE['id'], $_SERVER['HTTP_X_ID'], $_SERVER['REQUEST_URI']] !== $before) {
        http_response_code(500);
        exit('changed while running');
    }
}
header('X-Id: ' . $_GET['id']);
setcookie('id', $_GET['id']);
echo implode(' ', $before);
