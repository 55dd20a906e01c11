<?php
// The file that Composer would generate. Debian's packages have an autoload.php for each component.
namespace Composer {
    /** Symfony asks it which packages are installed permanently: all that can be loaded. */
    final class InstalledVersions
    {
        public static function isInstalled(string $package, bool $includeDevelopment = true): bool
        {
            return true;
        }

        public static function getRootPackage(): array
        {
            return ['name' => 'tusk/guest-book'];
        }
    }
}

namespace {
    foreach ([
        'Bundle/FrameworkBundle', 'Bundle/TwigBundle', 'Component/Form', 'Component/Mime',
        'Component/Security/Csrf', 'Component/Validator', 'Component/VarExporter',
    ] as $part) {
        require_once "Symfony/$part/autoload.php";
    }

    spl_autoload_register(function (string $class): void {
        if (str_starts_with($class, 'GuestBook\\')) {
            require __DIR__ . strtr(substr($class, 9), '\\', '/') . '.php';
        }
    });
}
