<?php
// Stores a word in a cookie and redirects the browser; index.php shows its message once.

declare(strict_types=1);

setcookie('flash', 'redirected', ['path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
header('Location: /', response_code: 303);
exit;
