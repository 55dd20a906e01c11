<?php
// Boots in its first request, as Laravel Octane's worker and Symfony's kernel do.

class CodeStream
{
    public $context;
    private string $code = '<?php return "from the wrapper";';

    public function stream_open(): bool
    {
        return true;
    }

    public function stream_read(int $count): string
    {
        [$read, $this->code] = [substr($this->code, 0, $count), substr($this->code, $count)];
        return $read;
    }

    public function stream_eof(): bool
    {
        return $this->code === '';
    }

    public function stream_stat(): array
    {
        return [];
    }

    public function stream_set_option(): bool
    {
        return false;
    }
}

class UpperFilter extends php_user_filter
{
    public function filter($in, $out, &$consumed, bool $closing): int
    {
        while ($bucket = stream_bucket_make_writeable($in)) {
            $bucket->data = strtoupper($bucket->data);
            $consumed += $bucket->datalen;
            stream_bucket_append($out, $bucket);
        }
        return PSFS_PASS_ON;
    }
}

class Handler implements SessionHandlerInterface
{
    private array $data = [];

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    public function read(string $id): string
    {
        return $this->data[$id] ?? '';
    }

    public function write(string $id, string $data): bool
    {
        $this->data[$id] = $data;
        return true;
    }

    public function destroy(string $id): bool
    {
        return true;
    }

    public function gc(int $lifetime): int
    {
        return 0;
    }
}

function note(string $text): void
{
    file_put_contents(getenv('TEST_DIRECTORY') . '/notes', "$text\n", FILE_APPEND);
}

function boot(): void
{
    note('boot');
    date_default_timezone_set('Asia/Tokyo');
    set_error_handler(fn ($type, $message) => throw new ErrorException($message));
    stream_wrapper_register('closure', CodeStream::class);
    stream_filter_register('upper', UpperFilter::class);
    ini_set('session.save_path', '/tmp/of-the-boot');
    session_set_save_handler(new Handler());
    register_shutdown_function(function () {
        note('shutdown');
        if (error_get_last() !== null) {
            echo 'error page';
        }
    });
    putenv('OF_THE_BOOT=1');
    error_reporting(E_ALL & ~E_DEPRECATED);
    mb_internal_encoding('EUC-JP');
    libxml_use_internal_errors(true);
    stream_context_set_default(['http' => ['timeout' => 3.0]]);
    setlocale(LC_ALL, 'C.UTF-8');
    chdir('/tmp');
    umask(0027);
}

function warning(): string
{
    try {
        $undefined = $nothing;
        return 'passed';
    } catch (ErrorException) {
        return 'thrown';
    }
}

// What a boot sets.
function settings(): array
{
    $file = fopen('php://memory', 'w+');
    $filtered = in_array('upper', stream_get_filters()) && stream_filter_append($file, 'upper', STREAM_FILTER_WRITE);
    fwrite($file, 'text');
    rewind($file);
    return [
        'zone' => date_default_timezone_get(), 'warning' => @warning(), 'wrapper' => in_array('closure',
            stream_get_wrappers()) ? include 'closure://x' : null, 'filter' => stream_get_contents($file),
        'save path' => ini_get('session.save_path'), 'save handler' => ini_get('session.save_handler'),
        'variable' => getenv('OF_THE_BOOT'), 'level' => error_reporting(), 'encoding' => mb_internal_encoding(),
        'libxml' => libxml_use_internal_errors(), 'locale' => setlocale(LC_CTYPE, 0), 'directory' => getcwd(),
        'umask' => umask(), 'context' => stream_context_get_options(stream_context_get_default()),
    ];
}

// What belongs to one client.
function of_client(): array
{
    return [
        'get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'agent' => $_SERVER['HTTP_X_CLIENT'] ?? null,
        'session' => [session_status(), session_id(), $_SESSION ?? null], 'env' => $_ENV['CLIENT'] ?? null,
        'limit' => ini_get('max_execution_time'), 'headers' => headers_list(), 'buffers' => ob_get_level(),
        'last error' => error_get_last(), 'status' => http_response_code(),
    ];
}

// What a client's request may change.
function change(): void
{
    session_start();
    $_SESSION['client'] = $_ENV['CLIENT'] = $_GET['client'] = 'first';
    set_time_limit(77);
    header('X-Client: first');
    ob_start();
}

function change_settings(): void
{
    date_default_timezone_set('America/New_York');
    set_error_handler(null);
    stream_wrapper_unregister('closure');
    ini_set('session.save_path', '/tmp/changed');
    session_set_save_handler(new SessionHandler());
    register_shutdown_function(fn () => note('of a later request'));
    putenv('OF_THE_BOOT=2');
    error_reporting(0);
    mb_internal_encoding('UTF-8');
    libxml_use_internal_errors(false);
    stream_context_set_default(['http' => ['timeout' => 9.0]]);
    setlocale(LC_ALL, 'C');
    chdir('/');
    umask(0);
}

$served = 0;
$first = null;
while (tusk_handle_request(function () use (&$served, &$first) {
    $seen = of_client();
    if ($served++ === 0) {
        $first = ['uri' => $_SERVER['REQUEST_URI'], 'host' => $_SERVER['HTTP_HOST'], 'method' => $_SERVER['REQUEST_METHOD'],
            'client' => $_SERVER['REMOTE_ADDR'], 'script' => $_SERVER['SCRIPT_NAME'], 'query' => $_GET,
            'https' => $_SERVER['HTTPS'] ?? null];
        boot();
    }
    $settings = settings();
    match ($_GET['do'] ?? '') {
        'change' => change(),
        'change settings' => change_settings(),
        // As a handler does that does not know of the others.
        'register' => [stream_wrapper_register('each', CodeStream::class) && stream_filter_register('each', UpperFilter::class)
            || throw new LogicException('it is there')],
        'registered' => in_array('each', stream_get_wrappers()) && in_array('each', stream_get_filters())
            || throw new LogicException('it is not there'),
        'exhaust' => str_repeat('x', 1 << 40),
        'fail' => http_response_code(500),
        'silence' => @(static function () {
            echo json_encode(['level' => error_reporting()]);
            exit;
        })(),
        default => null,
    };
    if (str_starts_with($_SERVER['REQUEST_URI'], '/up') && file_exists(getenv('TEST_DIRECTORY') . '/fail')) {
        file_get_contents(getenv('TEST_DIRECTORY') . '/fail') === 'status'
            ? http_response_code(503) : str_repeat('x', 1 << 40);
    }
    echo json_encode(['served' => $served, 'first' => $first, 'settings' => $settings, 'client' => $seen]);
})) {
}
