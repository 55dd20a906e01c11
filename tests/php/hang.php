<?php
// Waits for ever in the way that ?in= names. REQUEST_TIMEOUT ends it.
function silent_server(): string
{
    static $server;
    $server = stream_socket_server('tcp://127.0.0.1:0');
    return stream_socket_get_name($server, false);
}

// Writes nothing and ends with the server, so that no test leaves it behind.
function silent_program(): array
{
    return ['tail', '-f', '--pid=' . getmypid(), '/dev/null'];
}

register_shutdown_function(function () {
    if (isset($_GET['seen'])) {
        file_put_contents($_GET['seen'], error_get_last()['message'] ?? 'no error');
    }
});
if (isset($_GET['begin'])) {
    echo $_GET['begin'];
    flush();
}

function hang(string $in): void
{
    switch ($in) {
        case 'loop':
            while (true) {
            }
        case 'sleep':
            sleep(1000);
            break;
        case 'usleep':
            usleep(1000 * 1000 * 1000);
            break;
        case 'time_nanosleep':
            time_nanosleep(1000, 0);
            break;
        case 'socket':
            fgets(stream_socket_client('tcp://' . silent_server()));
            break;
        case 'http':
            file_get_contents('http://' . silent_server() . '/');
            break;
        case 'curl':
            curl_exec(curl_init('http://' . silent_server() . '/'));
            break;
        case 'select':
            $read = [stream_socket_client('tcp://' . silent_server())];
            stream_select($read, $write, $except, 1000);
            break;
        case 'mysql':
            [$host, $port] = explode(':', silent_server());
            new mysqli($host, 'user', 'password', 'database', (int) $port);
            break;
        case 'postgres':
            [$host, $port] = explode(':', silent_server());
            new PDO("pgsql:host=$host;port=$port;dbname=x", 'user', 'password');
            break;
        case 'pipe':
            fread(popen(implode(' ', silent_program()), 'r'), 10);
            break;
        case 'proc_close':
            proc_close(proc_open(silent_program(), [], $pipes));
            break;
        case 'flock':
            $mine = fopen($_GET['file'], 'c');
            flock($mine, LOCK_EX);
            flock(fopen($_GET['file'], 'c'), LOCK_EX);
            break;
        case 'semaphore':
            $key = ftok($_GET['file'], 's');
            sem_acquire(sem_get($key), true);  // freed with its object
            $mine = sem_get($key);
            sem_acquire($mine);
            sem_acquire(sem_get($key));
            break;
        case 'session':
            // The lock of a session's file, held by another handle.
            $name = session_save_path() . '/sess_' . $_GET['id'];
            $other = fopen($name, 'c');
            flock($other, LOCK_EX);
            session_id($_GET['id']);
            session_start();
            $_SESSION['written'] = 'after the time was over';
            break;
        case 'generator':
            foreach ((function () {
                while (true) {
                    yield 1;
                }
            })() as $_) {
            }
        case 'fiber':
            (new Fiber(function () {
                while (true) {
                }
            }))->start();
        case 'destructor':
            $object = new class {
                public function __destruct()
                {
                    while (true) {
                    }
                }
            };
            unset($object);
            break;
        case 'output_callback':
            ob_start(function ($text) {
                while (true) {
                }
            });
            echo 'x';
            ob_end_flush();
            break;
    }
}

hang($_GET['in']);
echo 'came back';
