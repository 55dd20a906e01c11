<?php
// Waits for ever in one call: ?in=. The time limits end it. ?ports= are those of servers that fall
// silent (tests/harness/silent_server.py), ?file= is a unique name.
if (isset($_GET['limit'])) {
    set_time_limit((int) $_GET['limit']);
}
ini_set('default_socket_timeout', '1000');
if (isset($_GET['handler'])) {
    // User code in the middle of the C function that was just told to end.
    set_error_handler(function (int $type, string $message) {
        return true;
    });
}

function port(string $protocol): string
{
    return '127.0.0.1:' . $_GET['ports'][$protocol];
}

// Writes nothing, reads nothing, and ends by itself, so that no test leaves it behind.
function silent_program(): string
{
    return 'exec sleep 60';
}

function connected(): mixed
{
    return stream_socket_client('tcp://' . port('nothing'));
}

function encrypted(): mixed
{
    $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
    return stream_socket_client('ssl://' . port('tls'), $code, $text, 1000, STREAM_CLIENT_CONNECT, $context);
}

function socket(int $type = SOCK_STREAM): Socket
{
    $socket = socket_create(AF_INET, $type, $type === SOCK_STREAM ? SOL_TCP : SOL_UDP);
    [$host, $port] = explode(':', port('nothing'));
    if ($type === SOCK_STREAM) {
        socket_connect($socket, $host, (int) $port);
    } else {
        socket_bind($socket, '127.0.0.1');
    }
    return $socket;
}

function fill(mixed $stream): void
{
    while (fwrite($stream, str_repeat('x', 1 << 20))) {
    }
}

function fifo(): string
{
    posix_mkfifo($_GET['file'], 0600);
    return $_GET['file'];
}

// Functions for cases in which a library makes the blocking calls.
function sqlite_locked(): string
{
    $other = $GLOBALS['locker'] = new SQLite3($_GET['file']);
    $other->exec('CREATE TABLE t (a); BEGIN EXCLUSIVE');
    return $_GET['file'];
}

function curl(string $url, array $options = []): CurlHandle
{
    $handle = curl_init($url);
    curl_setopt_array($handle, $options + [CURLOPT_SSL_VERIFYPEER => false, CURLOPT_SSL_VERIFYHOST => 0,
        CURLOPT_RETURNTRANSFER => true]);
    return $handle;
}

$waits = [
    'sleep' => fn() => sleep(1000),
    'usleep' => fn() => usleep(1000 * 1000 * 1000),
    'time_nanosleep' => fn() => time_nanosleep(1000, 0),
    'time_sleep_until' => fn() => time_sleep_until(microtime(true) + 1000),

    'fgets' => fn() => fgets(connected()),
    'fread' => fn() => fread(connected(), 10),
    'stream_get_contents' => fn() => stream_get_contents(connected()),
    'stream_copy' => fn() => stream_copy_to_stream(connected(), fopen('php://memory', 'w')),
    'stream_recvfrom' => fn() => stream_socket_recvfrom(connected(), 10),
    'stream_write' => fn() => fill(connected()),
    'stream_select' => function () {
        $read = [connected()];
        $write = $except = null;
        stream_select($read, $write, $except, 1000);
    },
    'stream_accept' => fn() => stream_socket_accept(stream_socket_server('tcp://127.0.0.1:0'), 1000),
    'stream_connect' => fn() => stream_socket_client('tcp://' . port('full'), $code, $text, 1000),
    'fsockopen' => fn() => fsockopen('127.0.0.1', (int) $_GET['ports']['full'], $code, $text, 1000),
    'pfsockopen' => fn() => fgets(pfsockopen('127.0.0.1', (int) $_GET['ports']['nothing'])),
    'unix_socket' => function () {
        $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        fgets($pair[0]);
    },

    'http' => fn() => file_get_contents('http://' . port('nothing') . '/'),
    'http_body' => fn() => file_get_contents('http://' . port('http') . '/'),
    'https' => fn() => file_get_contents('https://' . port('nothing') . '/'),
    'https_answer' => fn() => file_get_contents('https://' . port('tls') . '/', false, stream_context_create(
        ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]
    )),
    'ssl' => fn() => fsockopen('ssl://127.0.0.1', (int) $_GET['ports']['nothing']),
    'ssl_read' => fn() => fgets(encrypted()),
    'ssl_write' => fn() => fill(encrypted()),
    'starttls' => fn() => stream_socket_enable_crypto(connected(), true, STREAM_CRYPTO_METHOD_TLS_CLIENT),
    'tls_server' => function () {
        $context = stream_context_create(['ssl' => ['local_cert' => $_GET['certificate']]]);
        $server = stream_socket_server('tcp://127.0.0.1:0', $code, $text, context: $context);
        $client = stream_socket_client('tcp://' . stream_socket_get_name($server, false));
        stream_socket_enable_crypto(stream_socket_accept($server), true, STREAM_CRYPTO_METHOD_TLS_SERVER);
    },
    'ftp_url' => fn() => file_get_contents('ftp://' . port('nothing') . '/file'),
    'ftp' => fn() => ftp_connect('127.0.0.1', (int) $_GET['ports']['nothing'], 1000),
    'ftp_login' => fn() => ftp_login(ftp_connect('127.0.0.1', (int) $_GET['ports']['ftp'], 1000), 'u', 'p'),
    'ftps' => fn() => ftp_login(ftp_ssl_connect('127.0.0.1', (int) $_GET['ports']['ftp'], 1000), 'u', 'p'),
    'soap' => fn() => (new SoapClient(null, ['location' => 'http://' . port('nothing'), 'uri' => 'urn:x']))->x(),
    'wsdl' => fn() => new SoapClient('http://' . port('nothing') . '/x.wsdl'),
    'simplexml' => fn() => simplexml_load_file('http://' . port('nothing') . '/'),
    'dom' => fn() => (new DOMDocument())->load('http://' . port('nothing') . '/'),
    'xmlreader' => fn() => XMLReader::open('http://' . port('nothing') . '/')->read(),
    'getimagesize' => fn() => getimagesize('http://' . port('nothing') . '/'),
    'imagecreate' => fn() => imagecreatefrompng('http://' . port('nothing') . '/'),
    'copy' => fn() => copy('http://' . port('nothing') . '/', $_GET['file']),
    'get_headers' => fn() => get_headers('http://' . port('nothing') . '/'),

    'socket_read' => fn() => socket_read(socket(), 10),
    'socket_recv' => fn() => socket_recv(socket(), $data, 10, MSG_WAITALL),
    'socket_recvfrom' => fn() => socket_recvfrom(socket(SOCK_DGRAM), $data, 10, 0, $address, $port),
    'socket_recvmsg' => function () {
        $message = ['name' => [], 'buffer_size' => 10, 'controllen' => 100];
        socket_recvmsg(socket(SOCK_DGRAM), $message);
    },
    'socket_write' => function () {
        $socket = socket();
        while (socket_write($socket, str_repeat('x', 1 << 20))) {
        }
    },
    'socket_send' => function () {
        $socket = socket();
        while (socket_send($socket, str_repeat('x', 1 << 20), 1 << 20, 0)) {
        }
    },
    'socket_accept' => fn() => socket_accept(socket_create_listen(0)),
    'socket_connect' => function () {
        $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
        socket_connect($socket, '127.0.0.1', (int) $_GET['ports']['full']);
    },
    'socket_select' => function () {
        $read = [socket()];
        $write = $except = null;
        socket_select($read, $write, $except, 1000);
    },

    'curl' => fn() => curl_exec(curl('http://' . port('nothing') . '/')),
    'curl_body' => fn() => curl_exec(curl('http://' . port('http') . '/')),
    'curl_https' => fn() => curl_exec(curl('https://' . port('nothing') . '/')),
    'curl_answer' => fn() => curl_exec(curl('https://' . port('tls') . '/')),
    'curl_connect' => fn() => curl_exec(curl('http://' . port('full') . '/')),
    'curl_ftp' => fn() => curl_exec(curl('ftp://' . port('ftp') . '/x')),
    'curl_upload' => fn() => curl_exec(curl('http://' . port('nothing') . '/', [CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => str_repeat('x', 16 << 20)])),
    'curl_multi' => function () {
        $multi = curl_multi_init();
        curl_multi_add_handle($multi, curl('http://' . port('nothing') . '/'));
        do {
            curl_multi_exec($multi, $running);
            curl_multi_select($multi, 1000);
        } while ($running);
    },

    'mysqli' => fn() => new mysqli('127.0.0.1', 'u', 'p', 'x', (int) $_GET['ports']['nothing']),
    'mysqli_login' => fn() => new mysqli('127.0.0.1', 'u', 'p', 'x', (int) $_GET['ports']['mysql']),
    'mysqli_persistent' => fn() => new mysqli('p:127.0.0.1', 'u', 'p', 'x', (int) $_GET['ports']['mysql']),
    'pdo_mysql' => fn() => new PDO('mysql:host=127.0.0.1;port=' . $_GET['ports']['nothing'], 'u', 'p'),
    'pdo_mysql_login' => fn() => new PDO('mysql:host=127.0.0.1;port=' . $_GET['ports']['mysql'], 'u', 'p'),
    'pdo_mysql_connect' => fn() => new PDO('mysql:host=127.0.0.1;port=' . $_GET['ports']['full'], 'u', 'p'),
    'pdo_mysql_persistent' => fn() => new PDO('mysql:host=127.0.0.1;port=' . $_GET['ports']['mysql'], 'u', 'p',
        [PDO::ATTR_PERSISTENT => true]),
    'pg_connect' => fn() => pg_connect('host=127.0.0.1 port=' . $_GET['ports']['nothing']),
    'pg_pconnect' => fn() => pg_pconnect('host=127.0.0.1 port=' . $_GET['ports']['nothing']),
    'pg_query' => fn() => pg_query(pg_connect('host=127.0.0.1 sslmode=disable port=' . $_GET['ports']['postgres']),
        'SELECT 1'),
    'pg_get_result' => function () {
        $connection = pg_connect('host=127.0.0.1 sslmode=disable port=' . $_GET['ports']['postgres']);
        pg_send_query($connection, 'SELECT 1');
        pg_get_result($connection);
    },
    'pdo_pgsql' => fn() => new PDO('pgsql:host=127.0.0.1;port=' . $_GET['ports']['nothing'], 'u', 'p'),
    'pdo_pgsql_query' => fn() => (new PDO('pgsql:host=127.0.0.1;sslmode=disable;port=' . $_GET['ports']['postgres'],
        'u', 'p'))->query('SELECT 1'),
    'ldap_bind' => fn() => ldap_bind(ldap_connect('ldap://' . port('nothing'))),
    'ldaps_bind' => fn() => ldap_bind(ldap_connect('ldaps://' . port('nothing'))),
    'ldap_start_tls' => fn() => ldap_start_tls(ldap_connect('ldap://' . port('nothing'))),
    'ldap_connect' => fn() => ldap_bind(ldap_connect('ldap://' . port('full'))),

    'sqlite_busy' => function () {
        $database = new SQLite3(sqlite_locked());
        $database->busyTimeout(1000 * 1000);
        $database->exec('INSERT INTO t VALUES (1)');
    },
    'sqlite_query' => fn() => (new SQLite3(':memory:'))->querySingle(
        'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c'
    ),
    'pdo_sqlite_busy' => function () {
        $database = new PDO('sqlite:' . sqlite_locked(), null, null, [PDO::ATTR_TIMEOUT => 1000]);
        $database->exec('INSERT INTO t VALUES (1)');
    },

    'popen_read' => fn() => fread(popen(silent_program(), 'r'), 10),
    'popen_write' => fn() => fill(popen(silent_program(), 'w')),
    'popen_close' => fn() => pclose(popen(silent_program(), 'w')),
    'exec' => fn() => exec(silent_program()),
    'shell_exec' => fn() => shell_exec(silent_program()),
    'system' => fn() => system(silent_program()),
    'passthru' => fn() => passthru(silent_program()),
    'mail' => fn() => mail('a@example.org', 'subject', str_repeat("text\n", 1 << 18)),
    'proc_close' => fn() => proc_close(proc_open(silent_program(), [], $pipes)),
    'proc_read' => function () {
        $process = proc_open(silent_program(), [1 => ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
    },
    'proc_write' => function () {
        $process = proc_open(silent_program(), [0 => ['pipe', 'r']], $pipes);
        fill($pipes[0]);
    },
    'pcntl_wait' => function () {
        $process = proc_open(silent_program(), [], $pipes);
        while (pcntl_wait($status) > 0) {  // also those that earlier scripts left
        }
    },
    'pcntl_waitpid' => function () {
        $process = proc_open(silent_program(), [], $pipes);
        pcntl_waitpid(proc_get_status($process)['pid'], $status);
    },
    'pcntl_sigtimedwait' => fn() => pcntl_sigtimedwait([SIGUSR2], $info, 1000),
    'pcntl_sigwaitinfo' => fn() => pcntl_sigwaitinfo([SIGUSR2], $info),

    'flock' => function () {
        $mine = fopen($_GET['file'], 'c');
        flock($mine, LOCK_EX);
        flock(fopen($_GET['file'], 'c'), LOCK_EX);
    },
    'file_put_contents' => function () {
        $mine = fopen($_GET['file'], 'c');
        flock($mine, LOCK_EX);
        file_put_contents($_GET['file'], 'x', LOCK_EX);
    },
    'session' => function () {
        $name = session_save_path() . '/sess_' . basename($_GET['file']);
        $other = fopen($name, 'c');
        flock($other, LOCK_EX);
        session_id(basename($_GET['file']));
        session_start();
    },
    'fifo_open' => fn() => fopen(fifo(), 'r'),
    'fifo_write' => fn() => file_put_contents(fifo(), 'x'),
    'fifo_read' => function () {
        $both = fopen(fifo(), 'r+');
        fread($both, 10);
    },
    'fifo_include' => fn() => include fifo(),
    'semaphore' => function () {
        touch($_GET['file']);
        $key = ftok($_GET['file'], 's');
        sem_acquire(sem_get($key), true);
        $mine = sem_get($key);
        sem_acquire($mine);
        sem_acquire(sem_get($key));
    },
    'msg_receive' => function () {
        touch($_GET['file']);
        $queue = msg_get_queue(ftok($_GET['file'], 'm'));
        register_shutdown_function(fn() => msg_remove_queue($queue));
        msg_receive($queue, 1, $type, 100, $message);
    },
    'msg_send' => function () {
        touch($_GET['file']);
        $queue = msg_get_queue(ftok($_GET['file'], 'm'));
        register_shutdown_function(fn() => msg_remove_queue($queue));
        while (msg_send($queue, 1, str_repeat('x', 4000))) {
        }
    },
];

if (isset($_GET['list'])) {
    echo implode(' ', array_keys($waits));
    exit;
}
register_shutdown_function(function () {
    echo '[', error_get_last()['message'] ?? 'no error', ']';
});
$waits[$_GET['in']]();
usleep(0);  // PHP looks at its limits between calls
echo 'came back';
