<?php
// Hashes, passwords and encryption.

var_dump(hash('sha256', 'x'), password_verify('x', password_hash('x', PASSWORD_BCRYPT, ['cost' => 4])), crypt('x', '$6$rounds=1000$salt$'));
var_dump(openssl_decrypt(openssl_encrypt('text', 'aes-128-gcm', 'k', 0, '123456789012', $tag), 'aes-128-gcm', 'k', 0, '123456789012', $tag), bin2hex(sodium_crypto_generichash('x')));
