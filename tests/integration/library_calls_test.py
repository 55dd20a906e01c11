"""Scripts that end while a C library calls them: in a function that libcurl, libxml2 or SQLite
has called. The library must end its call too: nothing of it stays open or locked, and other
requests are not affected. The script's end looks the same as without a library."""

import socketserver

import pytest

from harness.engine import open_files
from harness.local_server import serving
from harness.server import needs_signals, sanitizer
from harness.wait import wait_for

PROLOGUE = """<?php
function note(string $text): void {
    file_put_contents($_GET['note'], $text . ' ', FILE_APPEND);
}
class Local { function __destruct() { note('destructor'); } }
register_shutdown_function(function () { note('shutdown ' . connection_status()); });
function finish(): never {
    switch ($_GET['end']) {
        case 'fatal': @trigger_error('ended by the test', E_USER_ERROR);
        case 'memory': str_repeat('x', 1 << 30);
        case 'small memory': for ($all = []; ; ) $all[] = random_bytes(100);
        case 'compile': eval('class Twice { function a() {} function a() {} }');
        case 'time': set_time_limit(1); while (true);
        case 'gone': touch($_GET['began']); while (true) { echo str_repeat('x', 1000); flush(); }
        case 'exit': exit('left');
    }
    throw new Exception('no such end');
}
function main(): void {
    try {
        $local = new Local();
        call();
        note('after');
    } catch (Throwable $e) {
        note('caught ' . $e->getMessage());
    } finally {
        note('finally');
    }
}
"""
EPILOGUE = "\nmain();\n"

XML = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "thing://x"><a><b>text</b></a>'

# The functions that libraries call, by name: the body of call().
CALLS = {
    "curl_write": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $data) { finish(); });
        curl_exec($c);
    """,
    "curl_header": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
        curl_setopt($c, CURLOPT_HEADERFUNCTION, function ($c, $data) { finish(); });
        curl_exec($c);
    """,
    "curl_progress": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_WRITEFUNCTION, fn($c, $data) => strlen($data));
        curl_setopt($c, CURLOPT_NOPROGRESS, false);
        curl_setopt($c, CURLOPT_PROGRESSFUNCTION, fn(...$all) => $all[2] > 100000 ? finish() : 0);
        curl_exec($c);
    """,
    "curl_transfer_info": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_WRITEFUNCTION, fn($c, $data) => strlen($data));
        curl_setopt($c, CURLOPT_NOPROGRESS, false);
        curl_setopt($c, CURLOPT_XFERINFOFUNCTION, fn(...$all) => $all[2] > 100000 ? finish() : 0);
        curl_exec($c);
    """,
    "curl_read": """
        $c = curl_init($_GET['source'] . '/upload');
        curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
        curl_setopt($c, CURLOPT_UPLOAD, true);
        curl_setopt($c, CURLOPT_READFUNCTION, function () { finish(); });
        curl_exec($c);
    """,
    "curl_debug": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_WRITEFUNCTION, fn($c, $data) => strlen($data));
        curl_setopt($c, CURLOPT_VERBOSE, true);
        curl_setopt($c, CURLOPT_DEBUGFUNCTION, function () { finish(); });
        curl_exec($c);
    """,
    "curl_multi": """
        $m = curl_multi_init();
        foreach ([1, 2, 3] as $i) {
            $c = curl_init($_GET['source'] . '/endless');
            curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $data) { finish(); });
            curl_multi_add_handle($m, $c);
        }
        do { curl_multi_exec($m, $running); curl_multi_select($m); } while ($running);
    """,
    "curl_in_a_fiber": """
        $fiber = new Fiber(function () {
            $c = curl_init($_GET['source'] . '/endless');
            curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $data) {
                Fiber::suspend(); finish();
            });
            curl_exec($c);
        });
        $fiber->start();
        $fiber->resume();
    """,
    "curl_and_a_fiber_in_it": """
        $c = curl_init($_GET['source'] . '/endless');
        curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $data) {
            (new Fiber(function () { array_map(fn() => finish(), [1]); }))->start();
        });
        curl_exec($c);
    """,
    "curl_through_array_map": """
        array_map(function () {
            $c = curl_init($_GET['source'] . '/endless');
            curl_setopt($c, CURLOPT_WRITEFUNCTION, fn($c, $d) => array_map(fn() => finish(), [1]));
            array_map('curl_exec', [$c]);
        }, [1]);
    """,
    "curl_in_an_sql_function": """
        $db = new SQLite3($_GET['database']);
        $db->createFunction('f', function () {
            $c = curl_init($_GET['source'] . '/endless');
            curl_setopt($c, CURLOPT_WRITEFUNCTION, function ($c, $data) { finish(); });
            curl_exec($c);
        });
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('SELECT f()');
    """,
    "entity_loader": """
        libxml_set_external_entity_loader(function () { finish(); });
        $d = new DOMDocument();
        $d->loadXML(XML, LIBXML_DTDLOAD);
    """,
    "xml_errors": """
        set_error_handler(function () { finish(); });
        $d = new DOMDocument();
        $d->loadXML('<a><b></a>');
    """,
    "xml_stream": """
        stream_wrapper_register('thing', Thing::class);
        $d = new DOMDocument();
        $d->load('thing://x');
    """,
    "xml_reader": """
        stream_wrapper_register('thing', Thing::class);
        $r = XMLReader::open('thing://x');
        while ($r->read());
    """,
    "simplexml": """
        stream_wrapper_register('thing', Thing::class);
        simplexml_load_file('thing://x');
    """,
    "xml_parser": """
        $p = xml_parser_create();
        xml_set_element_handler($p, function () { finish(); }, null);
        xml_parse($p, '<a><b>text</b></a>', true);
    """,
    "xml_parser_text": """
        $p = xml_parser_create();
        xml_set_character_data_handler($p, function () { finish(); });
        xml_parse($p, '<a><b>text</b></a>', true);
    """,
    "xpath": """
        $d = new DOMDocument();
        $d->loadXML('<a><b>text</b><b>more</b></a>');
        $x = new DOMXPath($d);
        $x->registerNamespace('php', 'http://php.net/xpath');
        $x->registerPhpFunctions('finish');
        $x->query("//b[php:function('finish')]");
    """,
    "xslt": """
        $style = new DOMDocument();
        $style->loadXML('<xsl:stylesheet version="1.0" xmlns:php="http://php.net/xsl"
            xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">
            <r><xsl:value-of select="php:function(\\'finish\\')"/></r>
            </xsl:template></xsl:stylesheet>');
        $d = new DOMDocument();
        $d->loadXML('<a/>');
        $p = new XSLTProcessor();
        $p->registerPHPFunctions();
        $p->importStylesheet($style);
        $p->transformToXml($d);
    """,
    "sqlite_exec": """
        $db = new SQLite3($_GET['database']);
        $db->createFunction('f', function () { finish(); });
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f()');
    """,
    "sqlite_query": """
        $db = new SQLite3($_GET['database']);
        $db->createFunction('f', function () { finish(); });
        $db->exec('BEGIN EXCLUSIVE');
        $r = $db->query('SELECT f() FROM (VALUES (1), (2))');
        while ($r->fetchArray());
    """,
    "sqlite_aggregate": """
        $db = new SQLite3($_GET['database']);
        $db->createAggregate('f', function () { finish(); }, fn() => 1);
        $db->exec('BEGIN IMMEDIATE');
        $db->querySingle('SELECT f(column1) FROM (VALUES (1), (2))');
    """,
    "sqlite_collation": """
        $db = new SQLite3($_GET['database']);
        $db->createCollation('c', function () { finish(); });
        $db->exec('BEGIN IMMEDIATE');
        $r = $db->query('SELECT * FROM (VALUES (1), (2)) ORDER BY cast(column1 as text) COLLATE c');
        $r->fetchArray();
    """,
    "sqlite_authorizer": """
        $db = new SQLite3($_GET['database']);
        $db->exec('BEGIN IMMEDIATE');
        $db->setAuthorizer(function () { finish(); });
        $db->exec('INSERT INTO t VALUES (1)');
    """,
    "pdo_exec": """
        $db = new PDO('sqlite:' . $_GET['database']);
        @$db->sqliteCreateFunction('f', function () { finish(); });
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f()');
    """,
    "pdo_statement": """
        $db = new PDO('sqlite:' . $_GET['database']);
        @$db->sqliteCreateFunction('f', fn($n) => $n == 3 ? finish() : $n);
        $db->exec('BEGIN IMMEDIATE');
        foreach ($db->query('SELECT f(column1) FROM (VALUES (1), (2), (3), (4))') as $row);
    """,
    "pdo_persistent": """
        $db = new PDO('sqlite:' . $_GET['database'], null, null, [PDO::ATTR_PERSISTENT => true]);
        @$db->sqliteCreateFunction('f', function () { finish(); });
        $db->exec('BEGIN IMMEDIATE');
        $db->exec('INSERT INTO t SELECT f()');
    """,
    "zip": """
        $z = new ZipArchive();
        $z->open($_GET['database'] . '.zip', ZipArchive::CREATE | ZipArchive::OVERWRITE);
        $z->addFromString('a', random_bytes(1 << 16));
        $z->registerProgressCallback(0.1, function () { finish(); });
        $z->close();
    """,
    "destructor": """
        $p = xml_parser_create();
        xml_set_element_handler($p, function () {
            new class { function __destruct() { finish(); } };
        }, null);
        xml_parse($p, '<a><b>text</b></a>', true);
    """,
}  # fmt: skip

STREAM = (
    "const XML = '" + XML + "';\n"
    "class Thing {\n"
    "    public $context; private $at = 0;\n"
    "    function stream_open() { return true; }\n"
    "    function stream_read($count) { if ($this->at++ == 1) finish(); return '<a>'; }\n"
    "    function stream_eof() { return false; }\n"
    "    function stream_stat() { return []; }\n"
    "    function url_stat() { return []; }\n"
    "}\n"
)

ENDS = ("fatal", "memory", "small memory", "compile")


class _Source(socketserver.StreamRequestHandler):
    """Answers with an endless body, or with 64 MB at /long; accepts any body at /upload."""

    def handle(self):
        line = self.rfile.readline()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        try:
            if b"/upload" in line:
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                while self.rfile.read(1):
                    pass
            elif b"/long" in line:
                self.wfile.write(head + b"Content-Length: 64000000\r\n\r\n" + b"x" * 64_000_000)
            else:
                self.wfile.write(head + b"\r\n")
                while True:
                    self.wfile.write(b"x" * 16384)
        except OSError:
            pass


@pytest.fixture(scope="module")
def source():
    """Returns the address of a web server for scripts."""
    with serving(_Source) as address:
        yield f"http://{address}"


OTHERS = {
    "hello.php": "<?php echo 'Hello World!';",
    "make.php": "<?php (new SQLite3($_GET['database']))->exec('CREATE TABLE t (a)');",
    "lock.php": """<?php
        $db = new SQLite3($_GET['database']);
        $db->busyTimeout(0);
        var_dump($db->exec('BEGIN EXCLUSIVE'));
        echo $db->querySingle('SELECT count(*) FROM t');
    """,
    "print.php": PROLOGUE
    + """
        function call(): void {
            ignore_user_abort(isset($_GET['ignore']));
            $c = curl_init($_GET['source'] . (isset($_GET['ignore']) ? '/long' : '/endless'));
            curl_exec($c);
        }
    """
    + EPILOGUE,
    "fetch.php": PROLOGUE
    + """
        function call(): void {
            ini_set('memory_limit', '16M');
            $c = curl_init($_GET['source'] . '/endless');
            curl_setopt($c, CURLOPT_RETURNTRANSFER, true);
            curl_exec($c);
        }
    """
    + EPILOGUE,
}
# libphp is built without the address sanitizer and does not announce fibers' stacks to it.
if sanitizer() == "address":
    CALLS = {name: code for name, code in CALLS.items() if "fiber" not in name}


@pytest.fixture(scope="module")
def tusk(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("library-calls")
    for name, body in CALLS.items():
        text = f"{PROLOGUE}{STREAM}function call(): void {{{body}}}{EPILOGUE}"
        (root / f"{name}.php").write_text(text)
    for name, text in OTHERS.items():
        (root / name).write_text(text)
    return start_module_tusk(root, "--workers", 2, "-d", "memory_limit=32M")


@pytest.fixture
def query(source, tmp_path, tusk):
    """Returns the parameters that every script gets."""
    database = tmp_path / "database"
    assert tusk.get("/make.php", params={"database": database}).status_code == 200
    return {"source": source, "database": str(database), "note": str(tmp_path / "note")}


def may_keep(call: str) -> int:
    """Descriptors: persistent connections are each thread's own."""
    return 4 if call == "pdo_persistent" else 0


def descriptors(tusk) -> int:
    return len(open_files(tusk.pid))


def others_are_served(tusk, query):
    for _ in range(4):
        with tusk.raw() as client:
            assert client.get("/hello.php").text == "Hello World!"
    locked = tusk.get("/lock.php", params={"database": query["database"]})
    assert locked.text == "bool(true)\n0", "the database must be neither locked nor changed"


def take_note(tmp_path) -> str:
    """Returns what the script has recorded; waits for its shutdown function."""
    note = tmp_path / "note"
    wait_for(lambda: note.exists() and "shutdown" in note.read_text(), "the script to end")
    text = note.read_text()
    note.unlink()
    return text.strip()


HAS_OPTION = pytest.mark.since_php("8.4", "it has CURLOPT_DEBUGFUNCTION")
ROLLS_BACK = pytest.mark.since_php("8.4", "PDO rolls back what SQL's BEGIN has begun on a persistent connection")


def calls(**marks) -> list:
    """Returns the names of CALLS with their marks."""
    marks["curl_debug"] = HAS_OPTION
    return [pytest.param(call, marks=marks.get(call, ())) for call in CALLS]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("call", calls())
def test_a_fatal_error_in_a_callback(tusk, query, tmp_path, call, end):
    """It is answered like any fatal error, only shutdown functions of the script run after it,
    and the process has no more descriptors."""
    before = None
    for _ in range(3):
        log = tusk.log_size()
        response = tusk.get(f"/{call}.php", params=query | {"end": end})
        assert response.status_code == 500
        assert take_note(tmp_path) == "shutdown 0"
        said = tusk.wait_for_log(r"PHP (Fatal error|[^\n]*exhausted)[^\n]*", since=log)
        assert said
        others_are_served(tusk, query)
        assert len([line for line in tusk.log(since=log).splitlines() if " PHP " in line]) == 1
        before = before or descriptors(tusk)
    wait_for(lambda: descriptors(tusk) <= before + may_keep(call), "descriptors to be closed")


@needs_signals
@pytest.mark.parametrize("call", ["curl_write", "xslt", "sqlite_exec", "entity_loader"])
def test_a_time_limit_in_a_callback(tusk, query, tmp_path, call):
    response = tusk.get(f"/{call}.php", params=query | {"end": "time"})
    assert response.status_code == 500
    assert take_note(tmp_path) == "shutdown 2"
    others_are_served(tusk, query)


@pytest.mark.parametrize("call", calls(pdo_persistent=ROLLS_BACK))
def test_exit_in_a_callback(tusk, query, tmp_path, call):
    """PHP itself already does here what the tests above expect."""
    response = tusk.get(f"/{call}.php", params=query | {"end": "exit"})
    assert (response.status_code, response.text) == (200, "left")
    assert take_note(tmp_path) == "destructor shutdown 0"
    others_are_served(tusk, query)


@pytest.mark.parametrize("call", calls(pdo_persistent=ROLLS_BACK))
def test_a_client_that_leaves_during_a_callback(tusk, query, tmp_path, call):
    began = tmp_path / "began"
    before = descriptors(tusk)
    for _ in range(3):
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        client = tusk.raw().request("GET", f"/{call}.php?{parameters}&end=gone&began={began}")
        wait_for(began.exists, "the library to call")
        assert client.head().status == 200
        client.reset()
        assert take_note(tmp_path) == "destructor shutdown 1"
        began.unlink()
        others_are_served(tusk, query)
    wait_for(lambda: descriptors(tusk) <= before + may_keep(call), "descriptors to be closed")


def test_a_client_that_leaves_while_curl_prints(tusk, query, tmp_path):
    """It reads a little of the output of curl_exec(), and resets, fifty times."""
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    before = descriptors(tusk)
    for _ in range(50):
        client = tusk.raw().request("GET", f"/print.php?{parameters}")
        assert client.head().status == 200
        client.reset()
        assert take_note(tmp_path) == "destructor shutdown 1"
    wait_for(lambda: descriptors(tusk) <= before, "descriptors to be closed")
    others_are_served(tusk, query)


def test_a_script_that_ignores_its_client_and_prints_by_curl(tusk, query, tmp_path):
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    client = tusk.raw().request("GET", f"/print.php?{parameters}&ignore=1")
    assert client.head().status == 200
    client.reset()
    assert take_note(tmp_path) == "after finally destructor shutdown 1"


def test_a_body_larger_than_the_memory(tusk, query, tmp_path):
    """The body of a transfer that curl_exec() returns."""
    before = None
    for _ in range(5):
        assert tusk.get("/fetch.php", params=query).status_code == 500
        assert take_note(tmp_path) == "shutdown 0"
        before = before or descriptors(tusk)
    wait_for(lambda: descriptors(tusk) <= before, "descriptors to be closed")
    others_are_served(tusk, query)
