# shellcheck shell=bash
# A resident script that leaks, and an application whose user crosses when it is rewound.
mkdir -p public shop/public
cat >public/index.php <<'PHP'
<?php
namespace App;
class User {}
class Search { public static array $log = []; }
class Auth { public static ?User $user = null; }
while (tusk_handle_request(function () {
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if ($path === '/search') Search::$log[] = str_repeat('x', 1000);
    if ($path === '/login') {
        Auth::$user = new User();
        header('Location: /', true, 302);
    }
})) {
}
PHP
cat >shop/app.php <<'PHP'
<?php
class App {
    private static bool $logged_in = false;
    public static function run(): void {
        $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
        if ($path === '/login') self::$logged_in = true;
        if ($path !== '/account') echo "page\n";
        elseif (self::$logged_in) echo "<p>Your account</p>\n";
        else header('Location: /login', true, 302);
    }
}
PHP
cat >shop/public/index.php <<'PHP'
<?php
require __DIR__ . '/../app.php';
App::run();
PHP
cat >shop/worker.php <<'PHP'
<?php
require __DIR__ . '/app.php';
while (tusk_handle_request(App::run(...))) {
}
PHP
cat >tusk.toml <<'TOML'
document_root = "shop/public"
fallback = "/index.php"

[[pool]]
name = "shop"
match = "/**"
script = "shop/worker.php"
mode = "rewind"
workers = 1
warm_up = ["/", "/login"]
TOML
