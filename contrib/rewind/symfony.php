<?php
// The worker script of a Symfony application with symfony/runtime for mode = "rewind". README.md here
// has the configuration. It needs no further package and no change of the application: public/index.php returns
// its kernel, and the runtime that this script names hands the kernel to a runner that waits for requests.

namespace Tusk\Rewind;

use RuntimeException;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpKernel\HttpKernelInterface;
use Symfony\Component\HttpKernel\KernelInterface;
use Symfony\Component\HttpKernel\TerminableInterface;
use Symfony\Component\Runtime\RunnerInterface;
use Symfony\Component\Runtime\SymfonyRuntime;

if (!function_exists('tusk_handle_request')) {
    exit("This script is a worker of tusk.\n");
}

/** What the boot begins with, to see what the project's .env adds. */
final class Project
{
    public static string $front;
    public static array $server;
    public static array $env;
    // Each request makes its services anew: for applications with services that keep something of a
    // request and have no reset(). Each would find there what the last page of the warm-up has left.
    public static bool $newServices;
}

$base = $_SERVER['APP_BASE_PATH'] ?? dirname($_SERVER['SCRIPT_FILENAME'], 2);
Project::$front = ($_SERVER['APP_PUBLIC_PATH'] ?? "$base/public") . '/index.php';
Project::$server = $_SERVER;
Project::$env = $_ENV;
Project::$newServices = ($_SERVER['APP_REWIND_NEW_SERVICES'] ?? '0') === '1';
if (!is_file(Project::$front)) {
    throw new RuntimeException('There is no ' . Project::$front . ': APP_BASE_PATH must name the project.');
}

// The runtime extends one of the project, whose autoloader comes with the front controller.
spl_autoload_register(static function (string $name): void {
    if ($name !== 'Tusk\Rewind\Runtime') {
        return;
    }

    final class Runner implements RunnerInterface
    {
        private bool $serving = false;
        private array $server;
        private array $env;

        public function __construct(private readonly HttpKernelInterface $kernel)
        {
            $this->server = self::added(Project::$server, $_SERVER);
            $this->env = self::added(Project::$env, $_ENV);
            unset($this->server['APP_RUNTIME'], $this->server['SCRIPT_FILENAME']);
        }

        public function run(): int
        {
            if (!tusk_after_rewind(function (): void { $this->serving = true; })) {
                throw new RuntimeException('This script needs mode = "rewind" in its [[pool]].');
            }
            $this->settle();
            $handle = $this->handle(...);
            while (tusk_handle_request($handle)) {
                if (!$this->serving) {
                    $this->settle();
                }
            }
            return 0;
        }

        private function handle(): void
        {
            $this->addEnvironment();
            $_SERVER['SCRIPT_FILENAME'] = Project::$front;
            $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
            $request = Request::createFromGlobals();
            $response = $this->front()->handle($request);
            $response->send();
            if ($this->kernel instanceof TerminableInterface) {
                $this->kernel->terminate($request, $response);
            }
        }

        private function addEnvironment(): void
        {
            $_SERVER = $this->server + $_SERVER;
            $_ENV = $this->env + $_ENV;
        }

        // A kernel asks its HTTP cache first, but only in the request that boots it.
        private function front(): HttpKernelInterface
        {
            if (!$this->kernel instanceof KernelInterface) {
                return $this->kernel;
            }
            $container = $this->kernel->getContainer();
            return $container->has('http_cache') ? $container->get('http_cache') : $this->kernel;
        }

        // After the boot and after each warm-up request: resets the services, which Symfony would otherwise
        // do at the beginning of each request, and closes Doctrine's connections, which all workers would share.
        private function settle(): void
        {
            if ($this->kernel instanceof KernelInterface) {
                $this->addEnvironment();
                $this->kernel->boot();
                $container = $this->kernel->getContainer();
                if ($container->initialized('doctrine')) {
                    // getConnections() would make those that no page has needed.
                    foreach ($container->get('doctrine')->getConnectionNames() as $service) {
                        if ($container->initialized($service)) {
                            $container->get($service)->close();
                        }
                    }
                }
                if (Project::$newServices) {
                    $this->kernel->shutdown();
                    $this->kernel->boot();
                }
            }
            gc_collect_cycles();
        }

        private static function added(array $before, array $now): array
        {
            $is_new = static fn ($value, $name) => ($before[$name] ?? null) !== $value;
            return array_filter($now, $is_new, ARRAY_FILTER_USE_BOTH);
        }
    }

    final class Runtime extends SymfonyRuntime
    {
        public function getRunner(?object $application): RunnerInterface
        {
            if (!$application instanceof HttpKernelInterface) {
                $type = get_debug_type($application);
                throw new RuntimeException("public/index.php returns no kernel, but $type.");
            }
            return new Runner($application);
        }
    }
});

$_SERVER['APP_RUNTIME'] = 'Tusk\Rewind\Runtime';
$_SERVER['SCRIPT_FILENAME'] = Project::$front;
require Project::$front;
