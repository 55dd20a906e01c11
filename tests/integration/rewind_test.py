"""mode = "rewind": the script boots once, and each request finds what the boot has left, and
nothing of any other request."""

import gzip
import os
import signal
import socket
from pathlib import Path

import pytest

from drills.steady_load import SteadyLoad
from harness.server import run_tusk, sanitizer
from harness.wait import wait_for
from harness.worker_processes import HOST, Load, children

pytestmark = [
    pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}"),
    pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer has the memory of the program"),
]

# A resident script that remembers everything it can, and says what it remembers.
APP = """<?php
$directory = getenv('TEST_DIRECTORY');
file_put_contents("$directory/boots", 'x', FILE_APPEND);
if (file_exists("$directory/refuse")) throw new Exception('no database');
class Memory { public static array $seen = []; public static $log = null;
  public function __construct(public string $name) {}
  public function __destruct() {
    file_put_contents(getenv('TEST_DIRECTORY') . '/destroyed', "$this->name\\n", FILE_APPEND); } }
$boot = new Memory('boot');
$booted = getmypid();
$count = 0;
register_shutdown_function(function () { if (isset($_GET['shutdown'])) echo '[boot]'; });
$handler = function () use (&$count, $booted, $directory) {
  $count++;
  Memory::$seen[] = $_GET['name'] ?? '';
  $GLOBALS['name' . count($GLOBALS)] = str_repeat('x', 100000);
  switch ($_GET['do'] ?? '') {
    case 'exit': echo 'before'; exit;
    case 'fatal': undefined_function();
    case 'throw': throw new Exception('thrown');
    case 'memory': ini_set('memory_limit', '8M'); str_repeat('x', 1 << 30);
    case 'define': define('KNOWN', 1); function known() {} ini_set('precision', 3);
      setlocale(LC_ALL, 'C.UTF-8'); date_default_timezone_set('Asia/Tokyo'); putenv('KNOWN=1');
      mb_internal_encoding('ASCII'); set_error_handler(fn () => true); umask(0); chdir('/');
      break;
    case 'object': Memory::$log = new Memory('request ' . $_GET['name']); break;
    case 'file': $GLOBALS['open'] = fopen('compress.zlib://' . "$directory/log.gz", 'w');
      fwrite($GLOBALS['open'], 'packed'); break;
    case 'temporary': $GLOBALS['open'] = tmpfile();
      echo stream_get_meta_data($GLOBALS['open'])['uri']; return;
    case 'shutdown': register_shutdown_function(fn () => print('[request]')); break;
    case 'large': $GLOBALS['large'] = range(1, 2000000); break;
    case 'crash': file_put_contents("$directory/pid", getmypid());
      while (true) usleep(1000);
    case 'loop': while (true); break;
    case 'random': echo mt_rand(), ' ', lcg_value(), ' ', bin2hex(random_bytes(8)), ' ',
      bin2hex(openssl_random_pseudo_bytes(8)), ' ', uniqid('', true); return;
    case 'reset': opcache_reset(); break;
    case 'fork': if (pcntl_fork() === 0) { usleep(200000); posix_kill(getmypid(), SIGKILL); } break;
    case 'session': session_start(); $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
      echo $_SESSION['n']; return;
    case 'stream': for ($i = 0; $i < 3; $i++) { echo $i; flush(); } return;
    case 'upload': echo file_get_contents($_FILES['f']['tmp_name']); return;
    case 'input': echo file_get_contents('php://input'); return;
  }
  echo json_encode([
    'count' => $count, 'seen' => Memory::$seen, 'globals' => count($GLOBALS),
    'known' => defined('KNOWN') || function_exists('known') || getenv('KNOWN') !== false,
    'settings' => [ini_get('precision'), setlocale(LC_ALL, 0), date_default_timezone_get(),
      mb_internal_encoding(), sprintf('%o', umask()), getcwd()],
    'parent' => posix_getppid() === $booted, 'host' => $booted, 'pid' => getmypid(),
    'memory' => memory_get_usage(), 'log' => Memory::$log?->name,
  ]);
};
while (tusk_handle_request($handler));
"""

GLOBAL_SCOPE = """<?php
$boot = hrtime(true);
$n = 0;
while (tusk_next_request()) {
  $n++;
  if (isset($_GET['exit'])) exit('left');
  if (isset($_GET['fatal'])) undefined_function();
  echo "$n ", isset($left) ? 'left' : 'clean', ' ', function_exists('made') ? 'made' : 'new';
  $left = 1;
  function made() {}
}
"""


class App:
    def __init__(self, server, directory):
        self.server, self.directory = server, directory

    def get(self, do="", **params):
        return self.server.client.get("/app.php", params=params | ({"do": do} if do else {}))

    def state(self, do="", **params) -> dict:
        return self.get(do, **params).json()

    def boots(self) -> int:
        return (self.directory / "boots").stat().st_size


@pytest.fixture
def app(start_tusk, make_root, tmp_path):
    def start(*options, workers=1, script=APP, env=None, **how) -> App:
        directory = tmp_path / "app"
        directory.mkdir(exist_ok=True)
        root = make_root({"app.php": script})
        options = ("--engine", "processes", "--workers", 1, "--resident", root / "app.php",
                   "--resident-mode", "rewind", "--resident-workers", workers, *options)
        server = start_tusk(root, *options, env={"TEST_DIRECTORY": directory} | (env or {}), **how)
        server.wait_until_started()
        return App(server, directory)

    return start


def test_every_request_is_the_first(app):
    app = app()
    first = app.state(name="a")
    assert (first["count"], first["seen"], first["parent"]) == (1, ["a"], True)
    for do in ("", "define", "object", "file", "large", "define", ""):
        again = app.state(do, name="b")
        if do:
            continue
        assert again["seen"] == ["b"]
        assert abs(again.pop("memory") - first["memory"]) < 4096
        assert {key: again[key] for key in again if key != "seen"} == {
            key: first[key] for key in first if key not in ("seen", "memory")}
    assert app.boots() == 1
    assert app.state()["pid"] == first["pid"]


@pytest.mark.parametrize("do, status, text", [
    ("exit", 200, "before"), ("fatal", 500, ""), ("throw", 500, ""), ("memory", 500, ""),
])
def test_however_a_request_ends_the_next_one_finds_the_boot(app, do, status, text):
    app = app("-d", "display_errors=0")
    before = app.state()
    answer = app.get(do)
    assert answer.status_code == status
    assert text in answer.text
    assert app.state() == before
    assert app.boots() == 1


def test_what_a_request_has_opened_is_closed(app):
    app = app()
    app.state("file")
    with gzip.open(app.directory / "log.gz") as file:
        assert file.read() == b"packed"
    temporary = app.get("temporary").text
    assert temporary.startswith("/") and not os.path.exists(temporary)


def test_destructors_and_shutdown_functions_run_with_each_request(app):
    app = app()
    destroyed = app.directory / "destroyed"
    assert app.get("object", name="1").status_code == 200
    assert destroyed.read_text().splitlines() == ["boot", "request 1"]
    assert app.get("shutdown", shutdown="").text.endswith("[boot][request]")
    assert app.get(shutdown="").text.endswith("[boot]")
    assert destroyed.read_text().splitlines() == ["boot", "request 1", "boot", "boot"]


def test_random_numbers_are_those_of_one_request(app):
    app = app(workers=2)
    answers = [app.get("random").text.split() for _ in range(40)]
    for column in zip(*answers):
        assert len(set(column)) == len(column)


def test_requests_are_like_plain_ones(app):
    app = app()
    client = app.server.client
    assert [client.get("/app.php?do=session").text for _ in range(3)] == ["1", "2", "3"]
    assert client.get("/app.php?do=stream").text == "012"
    assert client.post("/app.php?do=upload", files={"f": ("n", b"content")}).text == "content"
    assert client.put("/app.php?do=input", content=b"body" * 300_000).text == "body" * 300_000
    assert client.head("/app.php").content == b""


def test_a_crash_and_a_time_limit_cost_one_request(app):
    app = app("--request-timeout", "1s", workers=2)
    crashing = app.server.raw().request("GET", "/app.php?do=crash")
    pid = int(wait_for(lambda: (app.directory / "pid").exists()
                       and (app.directory / "pid").read_text(), "the request"))
    os.kill(pid, signal.SIGSEGV)
    assert crashing.response().status == 502
    assert app.state()["count"] == 1
    assert app.get("loop").status_code == 504
    assert app.state()["count"] == 1
    assert app.boots() == 1


def test_a_fork_of_a_script_is_survived(app):
    app = app()
    before = app.state()
    for _ in range(3):
        app.state("define")
        app.state("fork", name="x")
        after = app.state()
        assert after["seen"] == before["seen"]
        assert after["known"] is False
    wait_for(lambda: app.state()["count"] == 1, "an answer")


def test_files_of_the_boot_are_each_workers_own(app, tmp_path):
    lines = tmp_path / "lines"
    lines.write_text("".join(f"{n:08}\n" for n in range(100_000)))
    script = f"""<?php $file = fopen('{lines}', 'r'); $first = fgets($file);
      while (tusk_handle_request(function () use ($file) {{
        $mine = []; for ($i = 0; $i < 2000; $i++) {{ $mine[] = (int) fgets($file); }}
        echo json_encode($mine); }}));"""
    app = app(script=script, workers=3)
    load = Load(app.server, path="/app.php")
    answers = [app.get().json() for _ in range(50)]
    assert set(load.stop()) == {200}
    # PHP has read a buffer at once, so a wrong position would show after it.
    assert all(answer == list(range(1, 2001)) for answer in answers)


def test_a_child_left_behind_is_nobody_elses(app):
    script = """<?php while (tusk_handle_request(function () {
      if (isset($_GET['leave'])) { $pid = pcntl_fork(); if ($pid === 0) { usleep(300000); exit; } }
      echo getmypid(), ' ', pcntl_wait($status, WNOHANG); }));"""
    app = app(script=script)
    first = app.get().text
    assert first.split()[1] == "-1"
    assert app.get(leave="").text.split()[1] == "0"
    after = app.get().text
    assert after.split()[1] == "-1" and after.split()[0] != first.split()[0]
    assert "has ended without a request" not in app.server.log()


def test_a_request_may_start_programs(app):
    script = """<?php $n = 0; while (tusk_handle_request(function () use (&$n) {
      $n++; echo shell_exec('echo shell'), exec('echo exec'), $n, getmypid(); }));"""
    app = app(script=script)
    assert len({app.get().text for _ in range(20)}) == 1


def test_tables_of_php_that_grow_go_back(app):
    """That of the garbage collector is moved when it grows."""
    script = """<?php while (tusk_handle_request(function () {
      if (isset($_GET['roots'])) { gc_disable(); $all = [];
        for ($i = 0; $i < 60000; $i++) { $o = new stdClass; $o->self = $o; $all[] = $o; }
        foreach ($all as $o) { $copy = $o; unset($copy); } }
      echo getmypid(), ' ', gc_status()['roots']; }));"""
    app = app(script=script)
    first = app.get().text
    for _ in range(3):
        assert int(app.get(roots="").text.split()[1]) > 20000
        assert app.get().text == first


def test_memory_and_descriptors_stay(app):
    app = app()
    worker = app.state()["pid"]

    def held():
        status = Path(f"/proc/{worker}/status").read_text()
        return (int(status.split("VmRSS:")[1].split()[0]), int(status.split("VmSize:")[1].split()[0]),
                len(os.listdir(f"/proc/{worker}/fd")))
    first = held()  # it has gone back, or is about to
    for _ in range(100):
        app.get("large")
        app.get("define")
    wait_for(lambda: held()[1:] == first[1:], "the worker to have gone back")
    before = held()
    for _ in range(300):
        app.get("large")
        app.get("file")
    wait_for(lambda: held()[1:] == first[1:], "the worker to have gone back")
    assert held()[0] <= before[0] + 1024
    assert app.state()["pid"] == worker


def test_connections_of_the_boot_are_refused_by_name(app):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        script = f"<?php $c = fsockopen('127.0.0.1', {port}); while (tusk_handle_request(fn() => 1));"
        app = app(script=script, ready=False)
        answer = app.get()
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        wait_for(lambda: f"a connection to 127.0.0.1:{port}" in app.server.log(), "the reason")
        assert "tusk_after_rewind()" in app.server.log()


@pytest.mark.parametrize("how", [
    "$db = new PDO('sqlite:FILE'); $db->exec('CREATE TABLE t (x)'); $db->beginTransaction();"
    " $db->exec('INSERT INTO t VALUES (1)');",
    "$db = new PDO('sqlite:FILE'); $db->exec('PRAGMA journal_mode = WAL'); $db->exec('CREATE TABLE t (x)');"
    " $db->beginTransaction(); $db->exec('INSERT INTO t VALUES (1)');",
    "$file = fopen('FILE', 'c'); flock($file, LOCK_SH);",
], ids=["a transaction", "a transaction with WAL", "flock"])
def test_a_lock_of_the_boot_is_refused_by_its_file(app, tmp_path, how):
    file = tmp_path / "locked"
    app = app(script=f"<?php {how.replace('FILE', str(file))} while (tusk_handle_request(fn() => 1));", ready=False)
    assert app.get().status_code == 503
    wait_for(lambda: f"holds a lock on {file}" in app.server.log(), "the reason")


def test_a_function_opens_what_each_request_needs(app):
    script = """<?php $n = 0; $file = null;
      $said = tusk_after_rewind(function () use (&$n, &$file) { $n++; $file = tmpfile(); });
      while (tusk_handle_request(function () use (&$n, &$file, $said) {
        echo json_encode([$said, $n, is_resource($file)]); }));"""
    app = app(script=script)
    assert [app.get().json() for _ in range(3)] == [[True, 1, True]] * 3


def test_a_script_in_the_global_scope(app):
    app = app(script=GLOBAL_SCOPE)
    assert [app.get().text for _ in range(3)] == ["1 clean new"] * 3
    assert app.get(exit="").text == "left"
    assert app.get(fatal="").status_code == 500
    assert app.get().text == "1 clean new"


@pytest.mark.parametrize("plain", [True, False])
def test_the_same_script_without_rewind(start_tusk, make_root, plain):
    root = make_root({"app.php": "<?php $n = 0; while (tusk_next_request()) echo ++$n, $_GET['q'];"
                                 " if (tusk_after_rewind(fn () => 1)) echo 'never';"})
    resident = () if plain else ("--resident", root / "app.php", "--resident-workers", 1)
    server = start_tusk(root, *resident)
    answers = [server.client.get(f"/app.php?q={q}").text for q in "abc"]
    assert answers == (["1a", "1b", "1c"] if plain else ["1a", "2b", "3c"])


def test_warm_up_is_part_of_the_boot(app):
    script = """<?php $requests = [];
      while (tusk_handle_request(function () use (&$requests) {
        $requests[] = $_SERVER['REQUEST_URI']; echo json_encode($requests); }));"""
    app = app("--resident-warm-up", "/one", "--resident-warm-up", "/two", script=script)
    expected = ["/one", "/two"] * 3 + ["/app.php"]
    assert [app.get().json() for _ in range(3)] == [expected] * 3


def test_a_warm_up_that_fails_is_a_boot_that_fails(app):
    app = app("--resident-warm-up", "/app.php?do=fatal", ready=False)
    assert app.get().status_code == 503
    wait_for(lambda: "its warm-up request for /app.php fails" in app.server.log(), "the reason")


def test_a_boot_that_ends_between_two_pages_is_named(app):
    script = """<?php set_exception_handler(fn ($error) => null);
      while (tusk_handle_request(fn () => print 'answered')) throw new Exception('nobody sees it');"""
    app = app("--resident-warm-up", "/one", script=script, ready=False)
    assert app.get().status_code == 503
    wait_for(lambda: "it ends after its warm-up request for /one" in app.server.log(), "the reason")


def test_a_boot_that_fails_is_tried_again(app, tmp_path):
    (tmp_path / "app").mkdir()
    refuse = tmp_path / "app/refuse"
    refuse.touch()
    app = app(ready=False)
    answer = app.get()
    assert (answer.status_code, answer.headers["retry-after"].isdigit()) == (503, True)
    wait_for(lambda: "no database" in app.server.log(), "the reason")
    assert app.server.is_ready() is False
    refuse.unlink()
    wait_for(lambda: app.get().status_code == 200, "a boot")
    assert app.state()["count"] == 1


def test_opcache_reset_leads_to_a_new_host_and_loses_no_request(start_tusk, make_root, tmp_path):
    """Of clients that ask all the time, and none that is under way while the new host takes over."""
    root = make_root({"work.php": """<?php $booted = getmypid(); $count = 0;
      while (tusk_handle_request(function () use ($booted, &$count) {
        if (isset($_GET['reset'])) opcache_reset();
        if (isset($_GET['until'])) { touch($_GET['began']); while (!file_exists($_GET['until'])) usleep(1000); }
        if (isset($_GET['host'])) { echo $booted; return; }
        usleep(30000);
        echo $_SERVER['REQUEST_METHOD'], " $_GET[n] ", strlen(file_get_contents('php://input')) + $count++; }));"""})
    server = start_tusk(root, "--engine", "processes", "--workers", 1, "--resident", root / "work.php",
                        "--resident-mode", "rewind", "--resident-workers", 3)

    def host() -> str:
        answer = server.get("/work.php?host")
        assert answer.status_code == 200
        return answer.text

    with SteadyLoad(server.port, kept=4, fresh=3, http2=1, pause=0.05) as load:
        wait_for(lambda: len(load.attempts) > 100, "answers of the first host")
        for number in range(2):
            before, until, began = host(), tmp_path / f"until{number}", tmp_path / f"began{number}"
            held = server.raw().request("GET", f"/work.php?host&until={until}&began={began}")
            wait_for(began.exists, "a request to be under way")
            assert server.get("/work.php?host&reset").text == before
            wait_for(lambda: host() != before, "a new host")
            until.touch()
            assert held.response().text == before
            wait_for(lambda: int(before) not in children(server.pid), "the end of the host before")
            answered = len(load.attempts)
            wait_for(lambda: len(load.attempts) > answered + 100, "answers of the new host")
    assert load.failures() == [] and load.unannounced == 0


def test_load_beside_crashes_and_kills(app):
    app = app(workers=3)
    load = Load(app.server, path="/app.php")
    for _ in range(5):
        load.wait_for_more(50)
        worker = app.state()["pid"]
        os.kill(worker, signal.SIGKILL)
    load.wait_for_more(50)
    statuses = load.stop()
    assert set(statuses) <= {200, 502}
    assert statuses.get(502, 0) <= 5
    assert app.boots() == 1


def test_rewind_needs_processes_and_a_script(make_root, tmp_path):
    root = make_root({"app.php": APP})
    file = tmp_path / "tusk.toml"
    file.write_text(f"document_root = '{root}'\n[[pool]]\nname = 'app'\nscript = '{root}/app.php'\n"
                    "mode = 'rewind'\nengine = 'threads'\n")
    answer = run_tusk("check", "--config", file)
    assert answer.returncode == 2
    assert 'needs engine = "processes"' in answer.stderr
    answer = run_tusk("check", "--root", root, "--resident-mode", "rewind")
    assert "--resident-mode: has no effect without resident" in answer.stderr
