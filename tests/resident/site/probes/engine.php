<?php
// Each probe changes one kind of state and says what it sees then. `$print` prints a result before
// the probe ends in another way than by returning it.

return [
    'ini' => function () {
        foreach (['precision' => '5', 'memory_limit' => '300M', 'display_errors' => '1', 'user_agent' => 'probe',
            'default_charset' => 'KOI8-R', 'date.timezone' => 'Asia/Tokyo', 'max_execution_time' => '77',
            'mbstring.language' => 'German', 'zend.enable_gc' => '0',
            'mbstring.substitute_character' => 'none', 'session.gc_maxlifetime' => '5', 'pcre.jit' => '0',
            'opcache.revalidate_freq' => '9', 'session.name' => 'PROBE', 'html_errors' => '1',
            'error_log' => '/dev/null', 'intl.error_level' => '2', 'zlib.output_compression_level' => '3'] as $name => $value) {
            $old[$name] = ini_set($name, $value);
        }
        unset($old['opcache.revalidate_freq']);
        return [$old, 1 / 3, date('e')];
    },
    'ini restore' => function () {
        foreach (['precision', 'memory_limit', 'default_charset', 'user_agent', 'include_path'] as $name) {
            ini_restore($name);
        }
        return [1 / 3, ini_get('memory_limit')];
    },
    'open_basedir' => function () {
        return [ini_set('open_basedir', dirname(__DIR__)), @file_get_contents('/etc/hostname')];
    },
    'include path' => fn () => [set_include_path('/probe'), get_include_path()],
    'error reporting' => fn () => [error_reporting(E_ERROR), error_reporting()],
    'silence' => fn () => [@file_get_contents('/nowhere'), error_reporting()],
    'silence left' => function ($print) {
        $print('');
        @(static function () {
            exit;
        })();
    },
    'time limit' => fn () => [set_time_limit(99), ini_get('max_execution_time')],
    'abort' => fn () => [ignore_user_abort(true), ini_get('ignore_user_abort')],
    'gc' => function () {
        gc_disable();
        return gc_enabled();
    },
    'error handler' => function () {
        set_error_handler(static function (int $type, string $message) use (&$seen) {
            $seen[] = $message;
            return true;
        });
        trigger_error('a warning', E_USER_WARNING);
        return $seen;
    },
    'error handlers' => function () {
        restore_error_handler();
        set_error_handler('strlen', E_WARNING);
        set_error_handler('strrev', E_NOTICE);
        set_error_handler(null);
        return value_of_handler(set_error_handler('trim'));
    },
    'fewer error handlers' => function () {
        restore_error_handler();
        restore_error_handler();
        return [@$undefined];
    },
    'exception handler' => function () {
        restore_exception_handler();
        set_exception_handler(fn () => print 'probe');
        set_exception_handler('strlen');
        return 1;
    },
    'last error' => function () {
        @trigger_error('the probe', E_USER_DEPRECATED);
        return error_get_last()['message'] ?? null;
    },
    'error without handler' => fn () => [@file_get_contents('/nowhere/at/all'), error_get_last()['type'] ?? null],
    'uncaught' => function ($print) {
        set_exception_handler(function (Throwable $thrown) use ($print) {
            $print($thrown->getMessage());
        });
        throw new LogicException('of the probe');
    },
    'exit' => function ($print) {
        ini_set('precision', '3');
        setlocale(LC_ALL, 'C');
        $print('exits');
        exit(7);
    },
    'exit in handler' => function ($print) {
        set_error_handler(function () use ($print) {
            $print('exits');
            exit(1);
        });
        trigger_error('ends', E_USER_WARNING);
    },
    'shutdown function' => function ($print) {
        register_shutdown_function(function () use ($print) {
            date_default_timezone_set('Asia/Tokyo');
            ini_set('precision', '4');
            putenv('PROBE=at shutdown');
            set_error_handler('strlen');
            $print('at shutdown');
        });
        return null;
    },
    'destructor' => function () {
        $object = new class () {
            public function __destruct()
            {
                ini_set('precision', '4');
                set_error_handler('strlen');
                putenv('PROBE=destructor');
                throw new LogicException('in a destructor');
            }
        };
        set_error_handler(fn () => $object);  // held by nothing but the handler
        return 1;
    },
    'ticks' => function () {
        $count = 0;
        register_tick_function(function () use (&$count) {
            $count++;
        });
        declare(ticks=1) {
            $a = 1;
            $b = 2;
        }
        return $count;
    },
    'ticks of others' => function () {
        $count = 0;
        declare(ticks=1) {
            $a = 1;
            $b = 2;
        }
        return $count;
    },
    'assert' => function () {
        ini_set('zend.assertions', '1');
        @assert_options(ASSERT_CALLBACK, fn () => null);
        return value_of_handler(@assert_options(ASSERT_CALLBACK));
    },
    'assert by ini' => fn () => @ini_set('assert.callback', 'strlen'),
    'peak memory' => fn () => strlen(str_repeat('x', 60_000_000)),
    'random' => function () {
        mt_srand(42);
        return [mt_rand(), rand(1, 1000), mt_getrandmax()];
    },
    'old random' => function () {
        @mt_srand(42, MT_RAND_PHP);
        return [mt_rand(), gmp_random_seed(5), gmp_strval(gmp_random_bits(30))];
    },
    'autoload' => fn () => [spl_autoload_extensions('.x,.y'), spl_autoload_extensions()],
    'fiber' => function () {
        $fiber = new Fiber(function () {
            ini_set('precision', '6');
            Fiber::suspend(1);
        });
        return $fiber->start();
    },
    'generator' => function () {
        $generator = (function () {
            try {
                yield 1;
            } finally {
                ini_set('precision', '6');
            }
        })();
        return $generator->current();
    },
];
