<?php

namespace GuestBook;

use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Bundle\TwigBundle\TwigBundle;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

final class Kernel extends BaseKernel
{
    use MicroKernelTrait;

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new TwigBundle()];
    }

    public function getProjectDir(): string
    {
        return dirname(__DIR__);
    }

    protected function configureContainer(ContainerConfigurator $container): void
    {
        $container->extension('framework', [
            'secret' => 'only for tests',
            'http_method_override' => true,
            'handle_all_throwables' => true,
            'php_errors' => ['log' => true],
            'session' => [
                'handler_id' => null, // PHP's own, with its lock
                'cookie_samesite' => 'lax',
                'cookie_httponly' => true,
            ],
            'csrf_protection' => true,
            'form' => true,
            'validation' => true,
            'router' => ['utf8' => true],
        ]);
        $container->extension('twig', [
            'default_path' => '%kernel.project_dir%/templates',
            'strict_variables' => true,
        ]);
        $services = $container->services()->defaults()->autowire()->autoconfigure();
        $services->load('GuestBook\\', __DIR__ . '/*')->exclude([__DIR__ . '/{Kernel,autoload,Entry}.php']);
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        $routes->import(__DIR__ . '/Controller/', 'attribute');
    }
}
