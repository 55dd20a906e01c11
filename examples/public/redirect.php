<?php
// Leaves a word in a cookie and sends the browser on; index.php shows it once.

declare(strict_types=1);

setcookie('flash', 'redirected', ['path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
header('Location: /', response_code: 303);
exit;
