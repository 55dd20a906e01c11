<?php
// setcookie() with its old arguments.

setcookie('plain', 'a b;c', 0, '/x', 'example.org', true, true);
setcookie('name', 'value');
