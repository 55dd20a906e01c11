<?php
// What a script sees of every kind of state that outlives a function call: the same at the beginning
// of a plain request and of a resident one. It leaves nothing changed.

function value_of_handler(mixed $handler): string
{
    if ($handler instanceof Closure) {
        $function = new ReflectionFunction($handler);
        return 'closure of ' . basename($function->getFileName());
    }
    return get_debug_type($handler) . ' ' . (is_string($handler) ? $handler : json_encode($handler));
}

function handlers(callable $set, callable $restore): array
{
    $seen = [];
    // The stack of handlers, from the top.
    do {
        $handler = $set(null);
        $restore();
        $seen[] = value_of_handler($handler);
        $popped = $handler !== null && count($seen) < 5;
        if ($popped) {
            $kept[] = $handler;
            $restore();
        }
    } while ($popped);
    foreach (array_reverse($kept ?? []) as $handler) {
        $set($handler);
    }
    return $seen;
}

function signals(): array
{
    pcntl_sigprocmask(SIG_UNBLOCK, [SIGURG], $blocked);
    $seen = ['blocked' => $blocked, 'async' => pcntl_async_signals()];
    foreach ([SIGUSR1, SIGUSR2, SIGTERM, SIGALRM] as $signal) {
        $seen[$signal] = value_of_handler(pcntl_signal_get_handler($signal));
    }
    return $seen;
}

function input(): array
{
    $server = $_SERVER;
    // Differ between two requests, or between two processes.
    foreach (['REQUEST_TIME', 'REQUEST_TIME_FLOAT', 'REMOTE_PORT', 'SERVER_PORT', 'HTTP_HOST',
        'UNIQUE_ID', 'HTTP_X_REQUEST_ID', 'PHP_SELF', 'SCRIPT_NAME', 'SCRIPT_FILENAME',
        'REQUEST_URI', 'DOCUMENT_URI', 'FRANKENPHP_WORKER', 'TUSK_WORKER'] as $name) {
        unset($server[$name]);
    }
    ksort($server);
    return [
        'server' => $server, 'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE,
        'request' => $_REQUEST, 'files' => array_keys($_FILES),
        'session' => isset($_SESSION), 'body' => md5(file_get_contents('php://input')),
        'filter get' => filter_input_array(INPUT_GET), 'filter post' => filter_input_array(INPUT_POST),
        'filter cookie' => filter_input(INPUT_COOKIE, 'probe'),
        'filter server' => filter_input(INPUT_SERVER, 'QUERY_STRING'),
    ];
}

function process(): array
{
    $variables = getenv();
    foreach (array_keys($variables) as $name) {
        if (preg_match('/^(HTTP_|REMOTE_PORT|SERVER_PORT|SCRIPT_|REQUEST_URI|DOCUMENT_URI)/', $name)) {
            unset($variables[$name]);
        }
    }
    ksort($variables);
    return [
        'environment' => $variables, 'umask' => umask(), 'temporary' => sys_get_temp_dir(), 'directory' => getcwd(),
        'locale' => setlocale(LC_ALL, 0), 'decimals' => sprintf('%.1F %.1f', 1.5, 1.5),
        'localeconv' => localeconv()['decimal_point'],
        'priority' => pcntl_getpriority(), 'domain' => textdomain(null),
        'upper' => strtoupper("\xe9\xc3\xa9a"), 'date' => date('T', 86400),
    ];
}

// Of a setting whose function returns the value before.
function previous(callable $set): bool
{
    $value = @$set(true);
    @$set($value);
    return $value;
}

function libraries(): array
{
    return [
        'mb' => [mb_internal_encoding(), mb_http_output(), mb_substitute_character(), mb_detect_order(),
            mb_language(), mb_regex_encoding(), mb_regex_set_options(), mb_http_input(), mb_get_info('illegal_chars'),
            mb_ereg_search_getregs(), mb_ereg_search_getpos()],
        'iconv' => @iconv_get_encoding(),
        'libxml' => [libxml_use_internal_errors(), libxml_get_errors(), libxml_get_last_error(),
            value_of_handler(libxml_get_external_entity_loader())],
        'soap' => previous('use_soap_error_handler'),
        'entity loader' => previous('libxml_disable_entity_loader'),
        'intl' => [intl_get_error_code(), intl_get_error_message(), Locale::getDefault()],
        'date' => [date_default_timezone_get(), date_get_last_errors(), (new DateTime('@0'))->format('e')],
        'errors' => [json_last_error(), preg_last_error(), posix_errno(), socket_last_error(),
            pcntl_get_last_error(), openssl_error_string(), mysqli_connect_errno(), mysqli_connect_error()],
        'mysqli' => (new mysqli_driver())->report_mode,
        'bc' => bcscale(),
        'ldap' => ldap_get_option(ldap_connect('ldap://127.0.0.1'), LDAP_OPT_NETWORK_TIMEOUT, $timeout) ? $timeout : null,
        'assert' => value_of_handler(@assert_options(ASSERT_CALLBACK)),
    ];
}

function engine(): array
{
    $ini = ini_get_all(null, false);
    // A resident script's files are looked at each time (docs/resident-state.md).
    unset($ini['opcache.revalidate_freq']);
    return [
        'ini' => $ini, 'error_reporting' => error_reporting(), 'include_path' => get_include_path(),
        'last error' => error_get_last(), 'gc' => gc_enabled(),
        'error handlers' => handlers(set_error_handler(...), restore_error_handler(...)),
        'exception handlers' => handlers(set_exception_handler(...), restore_exception_handler(...)),
        'autoload' => [count(spl_autoload_functions()), spl_autoload_extensions()],
        'peak' => memory_get_peak_usage() < 40_000_000,
        'abort' => [connection_status(), ignore_user_abort()],
    ];
}

function streams(): array
{
    // Those of a request stay (docs/resident-state.md).
    $wrappers = array_diff(stream_get_wrappers(), ['probe']);
    sort($wrappers);
    $filters = array_diff(stream_get_filters(), ['probe.*'], class_exists('BootFilter') ? [] : ['boot.filter']);
    sort($filters);
    return ['wrappers' => $wrappers, 'filters' => $filters,
        'context' => stream_context_get_options(stream_context_get_default()),
        // PHP has the function since 8.4.
        'headers of the last answer' => function_exists('http_get_last_response_headers')
            ? http_get_last_response_headers() : null,
        'token' => @strtok(',')];
}

function output(): array
{
    return ['status' => http_response_code(), 'headers' => headers_list(), 'level' => ob_get_level(),
        'handlers' => ob_list_handlers(), 'sent' => headers_sent(),
        'session' => [session_status(), session_id(), session_name(), session_module_name(),
            session_save_path(), session_get_cookie_params(), session_cache_limiter()]];
}

function everything_seen(): array
{
    // First what other functions change.
    $libraries = libraries();
    return ['engine' => engine(), 'libraries' => $libraries, 'streams' => streams(), 'output' => output(),
        'input' => input(), 'process' => process(), 'signals' => signals()];
}
