<?php
// Ends the process as C code does, through FFI: ?do= is a function of libc, or its effect.
if (isset($_GET['fill'])) {
    $memory = match ($_GET['fill']) {
        'one' => str_repeat('x', 100_000_000),
        'many' => array_map(fn($n) => str_repeat("$n ", 20), range(1, 700_000)),
    };
    if (memory_get_usage() < 100_000_000) {
        throw new Error('not so much');
    }
}
if (isset($_GET['begin'])) {
    echo $_GET['begin'];
    flush();
}
if (isset($_GET['session'])) {
    session_id($_GET['session']);
    session_start();
    $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
}
if (isset($_GET['database'])) {
    $database = new SQLite3($_GET['database']);
    $database->exec('CREATE TABLE IF NOT EXISTS t (a)');
    $database->exec('BEGIN EXCLUSIVE');
    $database->exec('INSERT INTO t VALUES (1)');
}
while (isset($_GET['once_there']) && !file_exists($_GET['once_there'])) {
    usleep(200);
}
if (!isset($_GET['do'])) {
    if (isset($database)) {
        $database->exec('COMMIT');
        echo $database->querySingle('SELECT count(*) FROM t');
    }
    exit('ok');
}
$c = FFI::cdef('
    void abort(void);
    void exit(int);
    void _exit(int);
    void quick_exit(int);
    int raise(int);
    void __assert_fail(const char *, const char *, unsigned, const char *);
    int pthread_mutex_lock(void *);
    int pthread_mutex_unlock(void *);
    void *memset(void *, int, size_t);
    void *malloc(size_t);
    void free(void *);
');
$give_up = [
    'abort' => fn() => $c->abort(),
    'exit' => fn() => $c->exit(0),
    '_exit' => fn() => $c->_exit(3),
    'quick_exit' => fn() => $c->quick_exit(0),
    'raise' => fn() => $c->raise(8),
    'assert' => fn() => $c->__assert_fail('it == "right"', 'some.c', 12, 'check'),
    'null' => fn() => FFI::cast('int *', 16)[0] = 1,
    // Cases that may harm other requests.
    'wild' => fn() => FFI::cast('int *', 0x414141414141)[0] = 1,
    'in_libc' => fn() => $c->memset(FFI::cast('void *', 16), 0, 100),
    'double_free' => function () use ($c) {
        $memory = $c->malloc(100);
        $c->free($memory);
        $c->free($memory);
    },
    'locked' => function () use ($c) {
        $c->pthread_mutex_lock(FFI::addr($mutex = FFI::new('char[64]', false)));
        $c->abort();
    },
    // Not any more.
    'unlocked' => function () use ($c) {
        $mutex = FFI::addr(FFI::new('char[64]', false));
        $c->pthread_mutex_lock($mutex);
        $c->pthread_mutex_unlock($mutex);
        $c->abort();
    },
    'in_child' => function () use ($c) {
        $child = pcntl_fork();
        if ($child === 0) {
            $c->abort();
        }
        pcntl_waitpid($child, $status);
        return 'signal ' . pcntl_wtermsig($status);
    },
];
echo $give_up[$_GET['do']]();
