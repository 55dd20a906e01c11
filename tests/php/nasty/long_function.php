<?php
// One long call of an internal function: nothing can end it. ?rounds= how long.
$began = hrtime(true);
hash_pbkdf2('sha512', 'password', 'salt', (int) $_GET['rounds']);
echo (hrtime(true) - $began) / 1e9;
