"""State that SQLite keeps for the process: no script changes it for others."""

import pytest

from harness.wait import wait_for

READ = """<?php
$db = new PDO('sqlite::memory:');
$read = fn ($pragma) => json_encode($db->query("PRAGMA $pragma")->fetchColumn());
echo $read('hard_heap_limit'), ' ', $read('soft_heap_limit'), ' ', $read('temp_store_directory'), ' ';
// Needs memory, of SQLite's heap, and a temporary file.
$db->exec('PRAGMA temp_store=1; CREATE TEMP TABLE t(a); INSERT INTO t VALUES (randomblob(1 << 20))');
echo $db->query('SELECT length(a) FROM t')->fetchColumn();
"""

# $p is a pragma of the process, $v a value.
WAYS = {
    "pdo exec": "(new PDO('sqlite::memory:'))->exec(\"PRAGMA $p=$v\");",
    "pdo query": "(new PDO('sqlite::memory:'))->query(\"PRAGMA $p($v)\")->fetchAll();",
    "pdo prepare": "(new PDO('sqlite::memory:'))->prepare(\"PRAGMA $p=$v\")->execute();",
    "pdo persistent": "(new PDO('sqlite::memory:', options: [PDO::ATTR_PERSISTENT => true]))"
    '->exec("PRAGMA $p=$v");',
    "several": "(new PDO('sqlite::memory:'))->exec(\"SELECT 1; PRAGMA $p=$v; SELECT 2\");",
    "spelling": "$p = strtoupper($p); (new PDO('sqlite::memory:'))->exec(\"/**/pRaGmA\\n\\\"$p\\\" = $v\");",
    "brackets": "(new PDO('sqlite::memory:'))->exec(\"PRAGMA [$p]=$v\");",
    "schema": "(new PDO('sqlite::memory:'))->exec(\"PRAGMA main.$p=$v; PRAGMA temp.$p=$v\");",
    "attached": "$db = new PDO('sqlite::memory:'); $db->exec(\"ATTACH ':memory:' AS x; PRAGMA x.$p=$v\");",
    "sqlite3 exec": "(new SQLite3(':memory:'))->exec(\"PRAGMA $p=$v\");",
    "sqlite3 query": "(new SQLite3(':memory:'))->querySingle(\"PRAGMA $p=$v\");",
    "sqlite3 prepare": "(new SQLite3(':memory:'))->prepare(\"PRAGMA $p=$v\")->execute()->fetchArray();",
    "an authorizer of its own": "$db = new SQLite3(':memory:'); $db->setAuthorizer(fn () => SQLite3::OK);"
    ' $db->exec("PRAGMA $p=$v"); $db->setAuthorizer(null); $db->exec("PRAGMA $p=$v");',
    "open_basedir": "ini_set('open_basedir', __DIR__); (new PDO('sqlite::memory:'))->exec(\"PRAGMA $p=$v\");",
    "a function": "(new PDO('sqlite::memory:'))->query(\"SELECT * FROM pragma_$p($v)\");",
    "a function of a schema": "(new PDO('sqlite::memory:'))->query(\"SELECT * FROM pragma_$p WHERE arg=$v\");",
}


@pytest.fixture(scope="module")
def sqlite(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "read.php").write_text(READ)
    for n, code in enumerate(WAYS.values()):
        (root / f"way{n}.php").write_text(
            f"<?php $p = $_GET['p']; $v = $_GET['v']; try {{ {code} echo 'done'; }}"
            " catch (Exception $e) { echo $e->getMessage(); }"
        )
    return start_module_tusk(root, "--workers", 2)


@pytest.mark.parametrize("way", WAYS)
def test_a_heap_limit_does_not_affect_others(sqlite, way):
    before = sqlite.get("/read.php").text
    assert before == "0 0 false 1048576"
    for pragma, value in (
        ("hard_heap_limit", "1"),
        ("hard_heap_limit", "0x10000"),
        ("soft_heap_limit", "1"),
        ("temp_store_directory", "'/'"),
        ("data_store_directory", "'/'"),
    ):
        sqlite.get(f"/way{list(WAYS).index(way)}.php", params={"p": pragma, "v": value})
        assert [sqlite.get("/read.php").text for _ in range(4)] == [before] * 4


def test_the_log_reports_an_ignored_pragma_once(start_tusk, make_root):
    tusk = start_tusk(
        make_root({"a.php": "<?php (new PDO('sqlite::memory:'))->exec('PRAGMA soft_heap_limit=5'); echo 1;"})
    )
    for _ in range(3):
        assert tusk.get("/a.php").text == "1"
    tusk.wait_for_log("ignored.*pragma=soft_heap_limit")
    assert tusk.log().count("soft_heap_limit") == 1


def test_other_pragmas_and_authorizers_work(start_tusk, make_root):
    root = make_root(
        {
            "a.php": """<?php
            $db = new SQLite3(':memory:');
            $seen = [];
            $db->setAuthorizer(function (...$arguments) use (&$seen) {
                $seen[] = $arguments;
                return $arguments[0] === SQLite3::CREATE_TABLE ? SQLite3::DENY : SQLite3::OK;
            });
            $db->exec('PRAGMA cache_size=77');
            $made = @$db->exec('CREATE TABLE t(a)');
            $size = $db->querySingle('PRAGMA cache_size');
            $db->setAuthorizer(null);
            echo json_encode([$seen[0], $made, $size, $db->exec('CREATE TABLE t(a)'), $db->close()]);
            """,
            "fatal.php": """<?php
            $db = new SQLite3(':memory:');
            $db->setAuthorizer(function () { str_repeat('x', PHP_INT_MAX / 4); });
            $db->exec('SELECT 1');
            """,
            "closed.php": """<?php
            $db = new PDO('sqlite::memory:');
            $statement = $db->prepare('SELECT value FROM generate_series');
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    for _ in range(3):
        assert tusk.get("/a.php").json() == [
            [19, "cache_size", "77", None, None], False, 77, True, True,
        ]  # fmt: skip
        assert tusk.get("/fatal.php").status_code == 500
        tusk.get("/closed.php")


def test_an_address_in_sql_is_not_called(start_tusk, make_root):
    """fts3_tokenizer() takes a pointer to a table of functions, from anyone who can write SQL."""
    root = make_root(
        {
            "a.php": """<?php
            $db = new PDO('sqlite::memory:');
            try {
                $s = $db->prepare("SELECT fts3_tokenizer('simple', ?)");
                $s->bindValue(1, str_repeat('A', 8), PDO::PARAM_LOB);
                $s->execute();
                $db->exec('CREATE VIRTUAL TABLE t USING fts3(a, tokenize=simple)');
                echo 'created';
            } catch (PDOException $e) { echo $e->getMessage(); }
            """,
            "use.php": """<?php
            $db = new PDO('sqlite::memory:');
            $db->exec('CREATE VIRTUAL TABLE t USING fts3(a, tokenize=simple)');
            $db->exec("INSERT INTO t VALUES ('one two')");
            echo $db->query("SELECT count(*) FROM t WHERE t MATCH 'two'")->fetchColumn();
            """,
        }
    )
    tusk = start_tusk(root)
    assert "not authorized" in tusk.get("/a.php").text
    assert tusk.get("/use.php").text == "1"


def test_files_are_not_mapped(start_tusk, make_root):
    """If another request truncated a mapped file, SIGBUS would end the process."""
    root = make_root(
        {
            "a.php": "<?php $db = new PDO('sqlite:' . __DIR__ . '/a.db');"
            " echo $db->query('PRAGMA mmap_size=1000000')->fetchColumn();"
        }
    )
    assert start_tusk(root).get("/a.php").text == "0"


SHARED = """<?php
$way = $_GET['way'];
$open = fn () => match ($way) {
    'uri' => new PDO('sqlite:file::memory:?cache=shared'),
    'named' => new PDO('sqlite:file:of-all?mode=memory&cache=shared'),
    'flags' => new PDO('sqlite:' . __DIR__ . '/shared.db', options: [PDO::SQLITE_ATTR_OPEN_FLAGS => 0x20006]),
    'attached' => (function () {
        $db = new PDO('sqlite::memory:');
        $db->exec("ATTACH 'file:attached?mode=memory&cache=shared' AS x");
        return $db;
    })(),
};
$schema = $way === 'attached' ? 'x.' : '';
$first = $open();
$second = $open();
"""


@pytest.mark.parametrize("way", ["uri", "named", "attached"])
def test_a_shared_cache_is_shared_within_a_request(start_tusk, make_root, tmp_path, way):
    """A database in memory, whatever its name, belongs to one request, like where each request has
    its own process."""
    root = make_root(
        {
            "hold.php": SHARED
            + """
            $first->exec("CREATE TABLE {$schema}t(a)");
            $second->exec("INSERT INTO {$schema}t VALUES ('mine')");
            touch($_GET['began']);
            while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
            echo json_encode($first->query("SELECT a FROM {$schema}t")->fetchAll(PDO::FETCH_COLUMN));
            """,
            "other.php": SHARED
            + """
            echo json_encode($first->query("SELECT name FROM {$schema}sqlite_master")->fetchAll(PDO::FETCH_COLUMN));
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    for n in range(2):
        until, began = tmp_path / f"until{n}", tmp_path / f"began{n}"
        held = tusk.raw().request("GET", f"/hold.php?way={way}&until={until}&began={began}")
        wait_for(began.exists, "the first request to have its table")
        assert tusk.get(f"/other.php?way={way}").json() == []
        until.touch()
        assert held.response().text == '["mine"]'


def test_a_file_of_a_shared_cache_is_locked_as_between_processes(start_tusk, make_root, tmp_path):
    """Otherwise a reader gets SQLITE_LOCKED at once, for which SQLite does not wait."""
    root = make_root(
        {
            "hold.php": SHARED
            + """
            $first->exec('CREATE TABLE IF NOT EXISTS t(a); BEGIN; INSERT INTO t VALUES (1)');
            touch($_GET['began']);
            while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
            $first->exec('COMMIT');
            echo 'written';
            """,
            "other.php": "<?php $way = 'flags'; echo count((new PDO('sqlite:' . __DIR__ . '/shared.db',"
            " options: [PDO::SQLITE_ATTR_OPEN_FLAGS => 0x20006]))->query('SELECT * FROM t')->fetchAll());",
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    until, began = tmp_path / "until", tmp_path / "began"
    held = tusk.raw().request("GET", f"/hold.php?way=flags&until={until}&began={began}")
    wait_for(began.exists, "the first request to have written")
    assert tusk.get("/other.php").text == "0"
    until.touch()
    assert held.response().text == "written"
    assert tusk.get("/other.php").text == "1"
