"""Scripts that memory_limit ends inside a C library, or after a connection was opened and before
PHP has recorded it: connections without an owner are closed when the request ends."""

import socketserver

import pytest

from harness.engine import open_files
from harness.local_server import serving
from harness.php_build import is_debians, is_older_than
from harness.wait import wait_for

ABANDONED = "tusk_php_abandoned_libraries_total"

SCRIPTS = {
    "hello.php": "<?php echo 'Hello World!';",
    "make.php": "<?php (new SQLite3($_GET['database']))->exec('CREATE TABLE t (a)');",
    "lock.php": """<?php
        $db = new SQLite3($_GET['database']);
        $db->busyTimeout(0);
        var_dump($db->exec('BEGIN EXCLUSIVE'));
        echo $db->querySingle('SELECT count(*) FROM t');
    """,
    # SQLite has the argument in its own memory; PHP's memory is too small for it.
    "exec.php": """<?php
        $db = new SQLite3($_GET['database']);
        $db->createFunction('f', fn($text) => 1);
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f(zeroblob(40000000))');
    """,
    "query.php": """<?php
        $db = new SQLite3($_GET['database']);
        $db->createFunction('f', fn($text) => 1);
        $db->exec('BEGIN EXCLUSIVE');
        $result = $db->query('SELECT f(zeroblob(column1)) FROM (VALUES (1), (40000000))');
        while ($result->fetchArray());
    """,
    "pdo.php": """<?php
        $db = new PDO('sqlite:' . $_GET['database']);
        $db->sqliteCreateFunction('f', fn($text) => 1);
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f(zeroblob(40000000))');
    """,
    "pdo_rows.php": """<?php
        $db = new PDO('sqlite:' . $_GET['database']);
        $db->sqliteCreateFunction('f', fn($text) => 1);
        $db->exec('BEGIN IMMEDIATE');
        $rows = $db->query('SELECT f(zeroblob(column1)) FROM (VALUES (1), (40000000))');
        foreach ($rows as $row);
    """,
    "pdo_persistent.php": """<?php
        $db = new PDO('sqlite:' . $_GET['database'], null, null, [PDO::ATTR_PERSISTENT => true]);
        $db->sqliteCreateFunction('f', fn($text) => 1);
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f(zeroblob(40000000))');
    """,
    "xpath.php": """<?php
        $d = new DOMDocument();
        for ($text = str_repeat('x', 1 << 20), $i = 0; $i < 40; $i++) {
            $d->appendChild($d->firstChild ?? $d->createElement('a'));
            $d->documentElement->appendChild($d->createTextNode($text));
        }
        $x = new DOMXPath($d);
        $x->registerNamespace('php', 'http://php.net/xpath');
        $x->registerPhpFunctions('strlen');
        $x->evaluate("php:function('strlen', string(/a))");
    """,
    # FFI itself turns an exception from a callback into a fatal error.
    "ffi.php": """<?php
        $c = FFI::cdef('void qsort(void *base, size_t count, size_t size,
                                   int (*compare)(const void *, const void *));', 'libc.so.6');
        $numbers = $c->new('int[100]');
        for ($i = 0; $i < 100; $i++) $numbers[$i] = 100 - $i;
        $c->qsort($numbers, 100, 4, fn($a, $b) => str_repeat('x', 1 << 30));
    """,
    # The memory is used up somewhere between socketpair() and the two streams.
    "sockets.php": """<?php
        $all = array_fill(0, 40000, null);
        for ($i = 0; memory_get_usage() < (32 << 20) - 500000; $i++) {
            $all[$i] = str_repeat((string)($i % 10), 2000);
        }
        $rest = str_repeat('x', (int)$_GET['fill']);
        while (true) $all[$i++] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    """,
    # A persistent connection, and a fatal error that leaves nothing behind.
    "kept.php": """<?php
        $s = pfsockopen(...explode(':', substr($_GET['source'], 6)));
        fwrite($s, 'a');
        echo fread($s, 10);
        if (isset($_GET['fatal'])) @trigger_error('fatal', E_USER_ERROR);
    """,
}  # fmt: skip


class _Echo(socketserver.BaseRequestHandler):
    connections = 0

    def handle(self):
        _Echo.connections += 1
        while data := self.request.recv(100):
            self.request.sendall(f"{_Echo.connections}{data.decode()}".encode())


@pytest.fixture(scope="module")
def source():
    with serving(_Echo) as address:
        yield f"tcp://{address}"


@pytest.fixture(scope="module")
def tusk(start_module_tusk, tmp_path_factory):
    """One worker: anything that a request leaves behind meets the next one."""
    root = tmp_path_factory.mktemp("orphans")
    for name, text in SCRIPTS.items():
        (root / name).write_text(text)
    # Memory that the library had allocated is lost.
    return start_module_tusk(
        root, "--workers", 1, "-d", "memory_limit=32M", "-d", "ffi.enable=1",
        env={"ASAN_OPTIONS": "detect_leaks=0"},
    )  # fmt: skip


@pytest.fixture
def query(source, tmp_path, tusk):
    database = tmp_path / "database"
    assert tusk.get("/make.php", params={"database": database}).status_code == 200
    return {"source": source, "database": str(database)}


def descriptors(tusk) -> int:
    return len(open_files(tusk.pid))


def databases(tusk) -> int:
    """Returns how many of its descriptors are the test's database."""
    return sum(target.endswith("/database") for target in open_files(tusk.pid))


def others_are_served(tusk, query):
    with tusk.raw() as client:
        assert client.get("/hello.php").text == "Hello World!"
    locked = tusk.get("/lock.php", params={"database": query["database"]})
    assert locked.text == "bool(true)\n0", "the database must be neither locked nor changed"


def leaves_a_library(script: str) -> bool:
    """Whether the script is ended inside the library. Debian's PHP 8.2 reports a lack of memory when the
    library has returned; but FFI ends a script that throws in a callback."""
    return script == "ffi" or not (is_debians() and is_older_than("8.4"))


@pytest.mark.parametrize(
    "script", ["exec", "query", "pdo", "pdo_rows", "pdo_persistent", "xpath", "ffi"]
)
def test_memory_limit_inside_a_library(tusk, query, script):
    """It is counted, and the log names the library and the script. What is open is closed."""
    before = None
    for _ in range(5):
        log, counted = tusk.log_size(), tusk.metrics().value(ABANDONED)
        assert tusk.get(f"/{script}.php", params=query).status_code == 500
        tusk.wait_for_log(rf"Allowed memory size of [^\n]*{script}\.php", since=log)
        if leaves_a_library(script):
            tusk.wait_for_log(rf"ended inside a C library[^\n]*{script}\.php", since=log)
            counted += 1
        tusk.wait_for_metric(counted, ABANDONED)
        others_are_served(tusk, query)
        before = before or descriptors(tusk)
        wait_for(lambda: databases(tusk) == 0, "the database to be closed")
    wait_for(lambda: descriptors(tusk) <= before, "descriptors to be closed")


def test_memory_limit_while_sockets_are_opened(tusk, query):
    before = None
    for step in range(30):
        response = tusk.get("/sockets.php", params=query | {"fill": 1000 + step * 100})
        assert response.status_code == 500
        before = before or descriptors(tusk)
    wait_for(lambda: descriptors(tusk) <= before, "sockets to be closed")
    others_are_served(tusk, query)


def test_a_persistent_connection_of_an_earlier_request_stays(tusk, query):
    """A fatal error that leaves nothing behind does not close it."""
    first = tusk.get("/kept.php", params=query).text
    log = tusk.log_size()
    assert tusk.get("/kept.php", params=query | {"fatal": 1}).text == first
    tusk.wait_for_log("Fatal error:  fatal", since=log)
    assert tusk.get("/kept.php", params=query).text == first
