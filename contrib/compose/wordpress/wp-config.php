<?php
// WordPress' configuration, from the variables and the secret of compose.yaml.
define('DB_HOST', getenv('DATABASE_HOST'));
define('DB_NAME', getenv('DATABASE_NAME'));
define('DB_USER', getenv('DATABASE_USER'));
define('DB_PASSWORD', trim(file_get_contents(getenv('DATABASE_PASSWORD_FILE'))));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
// The image's files are read-only.
define('DISALLOW_FILE_MODS', true);
define('DISALLOW_FILE_EDIT', true);
// Keys of cookies: derived from the password, so that they are secret and stay.
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    foreach (['KEY', 'SALT'] as $kind) {
        define("{$name}_{$kind}", hash_hmac('sha256', "{$name}_{$kind}", DB_PASSWORD));
    }
}
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
