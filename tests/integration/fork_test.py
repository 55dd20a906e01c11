"""pcntl_fork(): the child belongs to the script, and keeps nothing of the server."""

import fcntl
import os
import re
import signal
import socket
import subprocess

import pytest

from harness.load import Load
from harness.php_build import is_older_than
from harness.server import PHP_SCRIPTS, needs_signals, sanitizer
from harness.wait import wait_for


@pytest.fixture
def trace(tmp_path):
    return tmp_path / "trace"


def lines(trace) -> list:
    return sorted(trace.read_text().splitlines()) if trace.exists() else []


@pytest.fixture
def no_orphans():
    """Ends children that outlive the server on purpose."""
    pids = []
    yield pids.append
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


CHILD_PID = """<?php
$child = pcntl_fork();
if ($child === 0) {
    if (isset($_GET['setsid'])) posix_setsid();
    touch($_GET['running']);
    while (!file_exists($_GET['until'])) { usleep(2000); clearstatcache(); }
    file_put_contents($_GET['running'], 'done');
    exit;
}
echo $child;
"""


@pytest.mark.parametrize("flush", ["", "&flush=1"])
def test_parent_and_child_end_independently(start_tusk, trace, flush):
    """The client gets the parent's response and none of the child's output, whether or not the
    head was sent before; shutdown functions and destructors run in both; the child has its exit
    status."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    for _ in range(3):
        response = tusk.get(f"/fork.php?wait=1&trace={trace}{flush}")
        assert response.text == "before\nchild ended with 7\nparent\n"
        assert response.status_code == 200 and response.headers["x-parent"] == "yes"
        assert "x-child" not in response.headers and "set-cookie" not in response.headers
        assert lines(trace) == [
            "child destructed", "child runs", "child shut down", "parent destructed",
        ]  # fmt: skip
        trace.unlink()
    tusk.wait_for_log("the child speaks")
    assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(1, "tusk_workers", state="idle")


def test_the_child_goes_on_after_the_response(start_tusk, trace, tmp_path):
    """The parent does not wait for it; meanwhile requests are served on the same thread."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    until = tmp_path / "until"
    assert tusk.get(f"/fork.php?trace={trace}&until={until}").text == "before\nparent\n"
    wait_for(lambda: "child runs" in lines(trace), "the child")
    for _ in range(20):
        assert tusk.get("/hello.php").text == "Hello World!"
    assert "child shut down" not in lines(trace)
    until.touch()
    wait_for(lambda: "child destructed" in lines(trace), "the child's end")


def test_a_connection_ends_when_the_server_ends_it(start_tusk, make_root, tmp_path):
    """The child holds no copy of any connection, neither its own request's nor another client's."""
    root = make_root({"fork.php": CHILD_PID})
    tusk = start_tusk(root, "--workers", 2)
    other = tusk.raw()
    other.get("/nothing")
    until, running = tmp_path / "until", tmp_path / "running"
    with tusk.raw() as connection:
        response = connection.get(f"/fork.php?until={until}&running={running}", "Connection: close")
        assert response.status == 200
        connection.expect_closed()
    other.request("GET", "/nothing", "Connection: close").response()
    other.expect_closed()
    wait_for(running.exists, "the child")
    sockets = [
        target for target in _descriptors(int(response.text)).values() if "socket:" in target
    ]
    assert sockets == []
    until.touch()
    wait_for(lambda: running.read_text() == "done", "the child's end")


def _descriptors(pid: int) -> dict:
    directory = f"/proc/{pid}/fd"
    return {fd: os.readlink(f"{directory}/{fd}") for fd in os.listdir(directory)}


@pytest.mark.parametrize("by_unix_socket", [False, True])
def test_a_daemon_outlives_the_server(
    start_tusk, make_root, tmp_path, no_orphans, by_unix_socket
):
    """The server drains and ends while the child lives, its port is free at once, and the child
    finishes its work."""
    root = make_root({"fork.php": CHILD_PID, "hello.php": "<?php echo 'hello';"})
    until, running = tmp_path / "until", tmp_path / "running"
    sock = tmp_path / "tusk.sock"
    first = start_tusk(root, listen=("127.0.0.1:0", f"unix:{sock}"))
    pid = int(first.get(f"/fork.php?setsid=1&until={until}&running={running}").text)
    no_orphans(pid)
    wait_for(running.exists, "the child")
    first.signal(signal.SIGTERM)
    assert first.wait_for_exit() == 0
    again = start_tusk(root, listen=(f"127.0.0.1:{first.port}", f"unix:{sock}"))
    assert again.get("/hello.php").text == "hello"
    os.kill(pid, 0)
    until.touch()
    wait_for(lambda: running.read_text() == "done", "the child to finish")


@needs_signals
def test_signals_in_the_child_are_its_own(start_tusk, make_root, tmp_path):
    """It has the handlers that its script set, and default handlers otherwise; a SIGTERM to it
    does not make the server drain."""
    root = make_root(
        {
            "handled.php": """<?php
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, function () { file_put_contents($_GET['file'], 'handled'); exit(9); });
            $child = pcntl_fork();
            if ($child === 0) { touch($_GET['file']); while (true) usleep(1000); }
            while (!file_exists($_GET['file'])) { usleep(1000); clearstatcache(); }
            posix_kill($child, SIGTERM);
            pcntl_waitpid($child, $status);
            echo file_get_contents($_GET['file']), pcntl_wexitstatus($status);
            """,
            "default.php": """<?php
            $child = pcntl_fork();
            if ($child === 0) { touch($_GET['file']); while (true) usleep(1000); }
            while (!file_exists($_GET['file'])) { usleep(1000); clearstatcache(); }
            posix_kill($child, SIGTERM);
            pcntl_waitpid($child, $status);
            echo pcntl_wifsignaled($status) ? pcntl_wtermsig($status) : 'not by a signal';
            """,
            "self.php": """<?php
            $child = pcntl_fork();
            if ($child === 0) { posix_kill(posix_getpid(), SIGKILL); exit; }
            pcntl_waitpid($child, $status);
            echo pcntl_wtermsig($status);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    assert tusk.get(f"/handled.php?file={tmp_path / 'one'}").text == "handled9"
    assert tusk.get(f"/default.php?file={tmp_path / 'two'}").text == str(signal.SIGTERM.value)
    assert tusk.get("/self.php").text == str(signal.SIGKILL.value)
    assert "draining" not in tusk.log()


@pytest.mark.parametrize(
    "end, status",
    [
        ("exit(300);", 300 & 255),
        ("undefined();", 255),
        ("throw new Exception('in the child');", 255),
        ("", 0),
        ("str_repeat('x', 1 << 40);", 255),
        pytest.param("set_time_limit(1); while (true);", 255, marks=needs_signals),
    ],
)
def test_ways_in_which_a_child_ends(start_tusk, make_root, end, status):
    """However the child's script ends, the process ends, and the parent's request is unharmed."""
    root = make_root(
        {
            "end.php": f"""<?php
            $child = pcntl_fork();
            if ($child === 0) {{ {end} return; }}
            pcntl_waitpid($child, $status);
            echo pcntl_wexitstatus($status);
            """
        }
    )
    tusk = start_tusk(root, "--workers", 1, "-d", "display_errors=1")
    response = tusk.get("/end.php")
    assert (response.status_code, response.text) == (200, str(status))
    assert tusk.metrics().value("tusk_workers", state="idle") == 1


def test_many_forks_while_others_run(start_tusk, trace, tmp_path):
    """Forks on one worker, load on the others: every response is right."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 4)
    with Load(tusk.port) as load:
        for _ in range(20):
            response = tusk.get(f"/fork.php?wait=1&trace={trace}")
            assert response.text == "before\nchild ended with 7\nparent\n"
        load.no_more_connections(then=lambda: tusk.signal(signal.SIGTERM))
        outcome = load.finish()
    assert outcome.failures == [] and outcome.answered > 100
    assert tusk.wait_for_exit() == 0


def test_uploaded_files_belong_to_the_parent(start_tusk, make_root):
    """The end of the child does not remove the parent's uploaded files."""
    root = make_root(
        {
            "upload.php": """<?php
            $child = pcntl_fork();
            if ($child === 0) exit;
            pcntl_waitpid($child, $status);
            echo file_get_contents($_FILES['f']['tmp_name']);
            """
        }
    )
    tusk = start_tusk(root)
    assert tusk.post("/upload.php", files={"f": b"still there"}).text == "still there"


def test_the_child_may_become_another_program(start_tusk, make_root):
    """pcntl_exec() in the child, with the script's environment or a given one."""
    root = make_root(
        {
            "exec.php": """<?php
            putenv('OURS=1');
            $file = tempnam(sys_get_temp_dir(), 'fork');
            $child = pcntl_fork();
            if ($child === 0) {
                $arguments = ['-c', "exec >$file; echo \\$OURS \\$GIVEN; ls -l /proc/self/fd"];
                isset($_GET['given']) ? pcntl_exec('/bin/sh', $arguments, ['GIVEN' => '2'])
                    : pcntl_exec('/bin/sh', $arguments);
            }
            pcntl_waitpid($child, $status);
            readfile($file);
            unlink($file);
            """
        }
    )
    tusk = start_tusk(root)
    for query, variables in (("", "1"), ("?given=1", "2")):
        first, _, descriptors = tusk.get(f"/exec.php{query}").text.partition("\n")
        assert first.split() == [variables]
        # PHP keeps the script's file open.
        assert not re.search(r"socket:|pipe:|anon_inode:|memfd:", descriptors), descriptors


HOLDER = """<?php
session_id('held');
session_start();
$lock = fopen($_GET['lock'], 'c');
flock($lock, LOCK_EX);
$socket = stream_socket_client("tcp://127.0.0.1:$_GET[port]");
fwrite($socket, 'hello');
$cat = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
touch($_GET['held']);
while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
fclose($pipes[0]);
echo stream_get_contents($pipes[1]), proc_close($cat);
"""


def test_the_child_holds_nothing_of_another_request(start_tusk, make_root, tmp_path):
    """A session, a flock, a connection and a pipe that another request had open when a child was
    forked end with that request, not with the child."""
    root = make_root(
        {
            "hold.php": HOLDER,
            "fork.php": CHILD_PID,
            "session.php": "<?php session_id('held'); session_start(); echo 'mine';",
        }
    )
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    tusk = start_tusk(root, "--workers", 3, "-d", f"session.save_path={sessions}")
    peer = socket.create_server(("127.0.0.1", 0))
    peer.settimeout(30)
    held, until = tmp_path / "held", tmp_path / "until"
    running, child_until = tmp_path / "running", tmp_path / "child_until"
    lock = tmp_path / "lock"
    holder = tusk.raw().request(
        "GET", f"/hold.php?lock={lock}&port={peer.getsockname()[1]}&held={held}&until={until}"
    )
    connection = peer.accept()[0]
    connection.settimeout(30)
    assert connection.recv(100) == b"hello"
    wait_for(held.exists, "the other request")
    child = int(tusk.get(f"/fork.php?until={child_until}&running={running}").text)
    wait_for(running.exists, "the child")
    open_there = sorted(_descriptors(child).items(), key=lambda item: int(item[0]))
    # Plus what its own request has open: at most the script's file. OPcache's locks belong to the
    # process, except in sanitizer builds, whose dlopen() lets OPcache find our fcntl().
    own = {str(root / "fork.php")} | ({"/memfd:opcache_lock (deleted)"} if sanitizer() else set())
    assert all(int(fd) < 3 or target in own for fd, target in open_there), open_there
    until.touch()
    assert holder.response().text == "0", "cat did not see the end of its input"
    assert connection.recv(100) == b"", "the connection is still open"
    assert tusk.get("/session.php", timeout=5).text == "mine"
    with open(lock) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.kill(child, 0)
    child_until.touch()
    wait_for(lambda: running.read_text() == "done", "the child's end")


def test_the_child_uses_what_its_request_opened(start_tusk, make_root, tmp_path):
    """Files, sockets, pipes, databases, curl handles, a session and a body too long for memory,
    all opened before the fork; it also opens more of each."""
    root = make_root(
        {
            "hello.php": "<?php echo 'hello';",
            "use.php": """<?php
            $dir = $_GET['dir'];
            session_save_path($dir);
            session_start();
            $file = fopen("$dir/file", 'w+');
            fwrite($file, 'before ');
            $listing = opendir($dir);
            $temporary = tmpfile();
            [$one, $two] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $sockets);
            $tcp = stream_socket_client("tcp://127.0.0.1:$_GET[port]");
            $db = new PDO("sqlite:$dir/data.db");
            $db->exec('CREATE TABLE t (x)');
            $persistent = new PDO("sqlite:$dir/../persistent.db", null, null, [PDO::ATTR_PERSISTENT => true]);
            $persistent->exec('CREATE TABLE IF NOT EXISTS t (x)');
            $curl = curl_init("http://127.0.0.1:$_GET[port]/hello.php");
            curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
            curl_exec($curl);
            $cat = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
            $child = pcntl_fork();
            if ($child === 0) {
                $_SESSION['child'] = 'wrote';
                session_write_close();
                fwrite($file, 'after');
                rewind($file);
                fwrite($temporary, 'kept');
                rewind($temporary);
                fwrite($one, "pair\n");
                socket_write($sockets[0], 'sockets');
                fwrite($tcp, "GET /hello.php HTTP/1.0\r\n\r\n");
                $db->exec("INSERT INTO t VALUES ('row')");
                $persistent->exec("INSERT INTO t VALUES ('row')");
                fwrite($pipes[0], 'piped');
                fclose($pipes[0]);
                $new = curl_init("http://127.0.0.1:$_GET[port]/hello.php");
                curl_setopt($new, CURLOPT_RETURNTRANSFER, true);
                file_put_contents("$dir/result", json_encode([
                    stream_get_contents($file), stream_get_contents($temporary), trim(fgets($two)),
                    socket_read($sockets[1], 100), str_ends_with(stream_get_contents($tcp), 'hello'),
                    $db->query('SELECT x FROM t')->fetchColumn(),
                    $persistent->query('SELECT count(*) > 0 FROM t')->fetchColumn(),
                    curl_exec($curl), curl_exec($new), fread($pipes[1], 100),
                    strlen(file_get_contents('php://input')), is_string(readdir($listing)),
                    shell_exec('echo started'), (require __DIR__ . '/included.php'),
                    (new PDO("sqlite:$dir/new.db"))->query('SELECT 1')->fetchColumn(),
                ]));
                exit;
            }
            fclose($pipes[0]);
            pcntl_waitpid($child, $status);
            echo file_get_contents("$dir/result");
            """,
            "included.php": "<?php return 'included';",
        }
    )
    tusk = start_tusk(root, "--workers", 2, "--body-memory-bytes", 1024)
    for round in map(str, range(4)):  # later requests find the persistent connection of the first
        (tmp_path / round).mkdir()
        response = tusk.post(f"/use.php?dir={tmp_path / round}&port={tusk.port}", content=b"x" * 100000)
        assert response.json() == [
            "before after", "kept", "pair", "sockets", True, "row", 1, "hello", "hello", "piped",
            100000, True, "started\n", "included", 1,
        ]  # fmt: skip
        session = next((tmp_path / round).glob("sess_*"))
        # An older PHP writes the parent's session, which is empty, once more.
        assert is_older_than("8.4") or "wrote" in session.read_text()
    tusk.wait_for_metric(2, "tusk_workers", state="idle")


SIGNALLED_AT_ONCE = r"""
    #include <pthread.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static void in_child(void) {
      if (access(getenv("TEST_ARMED"), F_OK) == 0) syscall(SYS_kill, getpid(), SIGTERM);
    }
    __attribute__((constructor)) static void start(void) { pthread_atfork(NULL, NULL, in_child); }
"""


@pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer must be loaded first")
def test_a_signal_that_arrives_before_the_child_is_the_scripts(start_tusk, make_root, tmp_path):
    """A worker process ignores SIGTERM. A child that is sent one before fork() has returned in it, as by
    proc_terminate() after proc_open(), ends by it."""
    source, library, armed = tmp_path / "early.c", tmp_path / "early.so", tmp_path / "armed"
    source.write_text(SIGNALLED_AT_ONCE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    script = """<?php
        touch($_GET['armed']);
        $child = pcntl_fork();
        if ($child === 0) exit(3);
        pcntl_waitpid($child, $status);
        echo json_encode([pcntl_wifsignaled($status), pcntl_wtermsig($status)]);
    """
    tusk = start_tusk(
        make_root({"fork.php": script}),
        "--workers", 1, env={"LD_PRELOAD": library, "TEST_ARMED": armed},
    )  # fmt: skip
    assert tusk.get("/fork.php", params={"armed": armed}).json() == [True, signal.SIGTERM]
