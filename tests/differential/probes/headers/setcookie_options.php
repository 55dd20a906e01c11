<?php
// setcookie() with options.

setcookie('a', 'v', ['path' => '/', 'domain' => 'example.org', 'secure' => true, 'httponly' => true, 'samesite' => 'Lax']);
setcookie('b', 'v', ['samesite' => 'None']);
