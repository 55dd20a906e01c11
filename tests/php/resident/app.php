<?php
// A resident script for tests/integration/resident_test.py. It boots once and answers by what the
// query asks for. The directory of the file "boot" holds switches for its boot.

$directory = getenv('TEST_DIRECTORY');
if (file_exists("$directory/refuse")) {
    throw new Exception('no database');
}
if (file_exists("$directory/hang")) {
    touch("$directory/hangs");
    sleep(1000);
}
file_put_contents("$directory/boots", 'x', FILE_APPEND);
register_shutdown_function(fn() => print '[shutdown of boot]');
$served = 0;

if (!function_exists('chdir')) {
    function chdir(string $directory): bool
    {
        throw new Error('a script\'s own function, which tusk must not call');
    }
}

class HiddenWrapper
{
    public $context;
}

// What a request has set by functions whose counterparts are disabled: is its loader of entities
// called, does its wrapper exist, how many errors had the last date.
function hidden_state(): array
{
    $GLOBALS['loader_called'] = false;
    @(new DOMDocument())->load(__DIR__ . '/no-such-file.xml');
    $errors = DateTime::getLastErrors();
    return [
        $GLOBALS['loader_called'],
        in_array('hidden', stream_get_wrappers(), true),
        $errors === false ? 0 : $errors['error_count'],
    ];
}

class FailingDestructor
{
    public function __destruct()
    {
        throw new Exception('in a destructor');
    }
}

$handler = function () use (&$served, $directory) {
    ++$served;
    switch ($_GET['do'] ?? '') {
        case 'exit':
            echo 'before ';
            exit('exit');
        case 'throw':
            throw new Exception('not caught');
        case 'destructor':
            new FailingDestructor();
            return;
        case 'memory':
            for ($s = 'x';; $s .= $s);
        case 'loop':
            for (;;);
        case 'sleep':
            usleep(1000 * $_GET['ms']);
            echo 'slept';
            return;
        case 'shutdown':
            register_shutdown_function(fn() => print '[shutdown]');
            echo 'handler';
            return;
        case 'throw_in_shutdown':
            register_shutdown_function(fn() => throw new Exception('in shutdown'));
            echo 'handler';
            return;
        case 'buffer':
            ob_start(fn($text) => strtoupper($text));
            echo 'buffered';
            return;
        case 'header':
            header('X-Request: ' . $served);
            http_response_code(201);
            setcookie('a', 'b');
            return;
        case 'input':
            echo json_encode([
                'method' => $_SERVER['REQUEST_METHOD'],
                'get' => $_GET,
                'post' => $_POST,
                'cookie' => $_COOKIE,
                'files' => array_map(fn($f) => [$f['name'], file_get_contents($f['tmp_name'])], $_FILES),
                'temporary' => array_column($_FILES, 'tmp_name'),
                'input' => file_get_contents('php://input'),
                'request' => $_REQUEST,
                'environment' => array_intersect_key($_ENV, ['HTTP_X_SECRET' => 1]),
                'secret' => $_SERVER['HTTP_X_SECRET'] ?? null,
                'worker' => $_SERVER['FRANKENPHP_WORKER'],
            ]);
            return;
        case 'is_file':
            echo json_encode(array_map('is_file', $_GET['files']));
            return;
        case 'session':
            session_start();
            $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
            echo json_encode([session_id(), $_SESSION]);
            return;
        case 'session_seen':
            echo json_encode([session_id(), $_SESSION ?? null]);
            return;
        case 'nested':
            tusk_handle_request(fn() => 1);
            return;
        case 'finish':
            echo 'finished';
            frankenphp_finish_request();
            file_put_contents("$directory/after", 'x');
            return;
        case 'hints':
            tusk_early_hints('Link: </a.css>; rel=preload');
            echo 'final';
            return;
        case 'set_hidden':
            libxml_set_external_entity_loader(function () {
                $GLOBALS['loader_called'] = true;
                return null;
            });
            stream_wrapper_register('hidden', HiddenWrapper::class);
            try {
                new DateTime('nonsense');
            } catch (Exception) {
            }
            echo json_encode(hidden_state());
            return;
        case 'hidden':
            echo json_encode(hidden_state());
            return;
        case 'events':
            header('Content-Type: text/event-stream');
            for ($i = 0;; ++$i) {
                echo "data: $i\n\n";
                flush();
                usleep(5000);
            }
        case 'reset':
            opcache_reset();
            return;
        case 'streams':
            fwrite(STDERR, "to the log\n");
            echo get_resource_type(STDIN), get_resource_type(STDOUT);
            return;
    }
    echo json_encode(['served' => $served, 'get' => $_GET]);
};

while (frankenphp_handle_request($handler)) {
    if (file_exists("$directory/leave")) {
        unlink("$directory/leave");
        break;
    }
}
