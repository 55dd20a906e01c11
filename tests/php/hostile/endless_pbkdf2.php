<?php // A native call that cannot be interrupted.
hash_pbkdf2('sha512', 'a', 'b', PHP_INT_MAX >> 32, 64);
