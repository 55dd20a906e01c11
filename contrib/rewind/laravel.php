<?php
// The worker script of a Laravel application (10 or newer) for mode = "rewind". README.md here has the
// configuration. It needs neither Octane nor a change of the application.
//
// Each request gets an application that has booted and has handled no request. The warm-up requests are
// answered by applications that are thrown away: they load classes, compile views and fill
// caches, and nothing of what they know (a session, a user, a connection) is in the application that serves.

use Illuminate\Container\Container;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Bootstrap\HandleExceptions;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Bootstrap\SetRequestForConsole;
use Illuminate\Http\Request;
use Illuminate\Queue\Queue;
use Illuminate\Support\Once;
use Illuminate\View\Component;

if (!function_exists('tusk_handle_request')) {
    exit("This script is a worker of tusk.\n");
}

$base = $_SERVER['APP_BASE_PATH'] ?? dirname($_SERVER['SCRIPT_FILENAME'], 2);
$front = ($_SERVER['APP_PUBLIC_PATH'] ?? "$base/public") . '/index.php';
if (!is_file("$base/bootstrap/app.php")) {
    throw new RuntimeException("There is no $base/bootstrap/app.php: APP_BASE_PATH must name the project.");
}
require_once "$base/vendor/autoload.php";

// Services that nearly every request uses and that know nothing of it. What is not bound is left out.
$services = [
    'auth', 'cache', 'config', 'cookie', 'db', 'db.factory', 'encrypter', 'events', 'files', 'hash', 'log', 'router',
    'routes', 'session', 'translator', 'url', 'view', 'view.engine.resolver', 'blade.compiler',
];

$boot = static function (bool $first) use ($base, $services): Container {
    $app = require "$base/bootstrap/app.php";
    $kernel = $app->make(Kernel::class);
    $bootstrappers = (new ReflectionMethod($kernel, 'bootstrappers'))->invoke($kernel);
    $handlers = array_search(HandleExceptions::class, $bootstrappers, true);
    if (!$first && $handlers !== false) {
        // PHP's handlers are those of the first application, and serve whichever is current.
        (new ReflectionProperty(HandleExceptions::class, 'app'))->setValue(null, $app);
        unset($bootstrappers[$handlers]);
    }
    // Providers may ask for a request while they boot. The next one takes its place.
    $providers = array_search(RegisterProviders::class, array_values($bootstrappers), true);
    $where = $providers === false ? count($bootstrappers) : $providers;
    array_splice($bootstrappers, $where, 0, [SetRequestForConsole::class]);
    $app->bootstrapWith($bootstrappers);
    foreach ($services as $service) {
        if ($app->bound($service)) {
            $app->make($service);
        }
    }
    return $app;
};

// What classes keep of an application, and do not take from the next one by themselves.
$forget = static function (): void {
    foreach ([[Component::class, 'flushCache'], [Component::class, 'forgetComponentsResolver'],
        [Component::class, 'forgetFactory'], [Once::class, 'flush']] as [$class, $method]) {
        if (class_exists($class, false) && method_exists($class, $method)) {
            $class::$method();
        }
    }
    if (class_exists(Queue::class, false)) {
        Queue::createPayloadUsing(null);
    }
};

// No connection may be open when the boot ends: all workers would share it.
$disconnect = static function (Container $app): void {
    if ($app->resolved('db')) {
        foreach ($app->make('db')->getConnections() as $name => $_) {
            $app->make('db')->purge($name);
        }
    }
    if ($app->resolved('redis')) {
        foreach ($app->make('redis')->connections() ?? [] as $name => $connection) {
            $connection->disconnect();
            $app->make('redis')->purge($name);
        }
    }
};

$before = [$_SERVER, $_ENV];
$app = $boot(true);
// What .env has added, unless the configuration is cached.
$server = array_diff_key($_SERVER, $before[0]);
$env = array_diff_key($_ENV, $before[1]);
$disconnect($app);

$serving = false;
if (!tusk_after_rewind(static function () use (&$serving): void { $serving = true; })) {
    throw new RuntimeException('This script needs mode = "rewind" in its [[pool]].');
}

$handle = static function () use (&$app, &$serving, $base, $front, $server, $env): void {
    $_SERVER += $server;
    $_ENV += $env;
    $_SERVER['SCRIPT_FILENAME'] = $front;
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
    if ($serving && !defined('LARAVEL_START')) {
        define('LARAVEL_START', microtime(true));
    }
    if (is_file($closed = "$base/storage/framework/maintenance.php")) {
        require $closed;
    }
    $kernel = $app->make(Kernel::class);
    $response = $kernel->handle($request = Request::capture())->send();
    $kernel->terminate($request, $response);
};

while (tusk_handle_request($handle)) {
    if ($serving) {
        continue;
    }
    $disconnect($app);
    $app->flush();
    $forget();
    $app = $boot(false);
    $disconnect($app);
    gc_collect_cycles();
}
