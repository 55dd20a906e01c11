"""The control socket, and the operator's commands that use it: tusk reload, status, stop,
reopen-logs."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

import httpx
import pytest

from harness.engine import ENGINES
from harness.server import PHP_SCRIPTS, TUSK, environment, run_tusk
from harness.wait import wait_for


@pytest.fixture
def start_supervised(start_tusk):
    def start(root=PHP_SCRIPTS, *args, **options):
        return start_tusk(root, *args, supervised=True, **options)

    return start


class Client:
    """A connection to a control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.settimeout(30)

    def ask(self, request: bytes) -> bytes:
        self.socket.sendall(request)
        return self.rest()

    def rest(self) -> bytes:
        parts = []
        try:
            while part := self.socket.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def ask(tusk, request: bytes) -> bytes:
    return Client(tusk.control_socket).ask(request)


def status_of(tusk) -> dict:
    done = tusk.command("status", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def connect(tusk, pid) -> Client:
    """A connection to the internal server of a server process."""
    client = Client(tusk.control_socket)
    client.socket.sendall(b"connect %d\n" % pid)
    assert client.socket.recv(7) == b"exit 0\n"
    return client


# --- the commands ---


def test_the_commands(start_supervised, make_root):
    """A reload is answered when the new generation serves, or with the reasons; status shows it."""
    root = make_root({"a.txt": "a", "b.txt": "b"})
    config = root / "../tusk.toml"
    config.write_text('index_file = "a.txt"\n')
    tusk = start_supervised(root, "--config", config)
    status = status_of(tusk)
    [server] = tusk.server_pids()
    assert status["state"] == "serving" and status["pid"] == tusk.pid
    [process] = status["generations"][0]["processes"]
    assert (process["pid"], process["phase"], process["requests"]) == (server, "serving", 0)
    assert {"address": f"127.0.0.1:{tusk.port}", "internal": False} in status["listeners"]

    config.write_text('index_file = "b.txt"\n')
    done = tusk.command("reload")
    assert (done.returncode, done.stdout, done.stderr) == (0, "generation 2 serves\n", "")
    assert httpx.get(tusk.url, trust_env=False).text == "b"
    assert status_of(tusk)["generation"] == 2

    # The supervisor's own check, and one that only the server process makes.
    for wrong in ("no such thing", '[[rules]]\npath = "/x/["\ndeny = true\n'):
        config.write_text(wrong)
        done = tusk.command("reload")
        assert done.returncode == 1 and "tusk.toml:1" in done.stderr, done.stderr
        assert httpx.get(tusk.url, trust_env=False).text == "b"
    # The file that is wrong may name the socket, and does not keep a command from it.
    named = run_tusk("status", "--config", config, env={"CONTROL_SOCKET": tusk.control_socket})
    assert named.returncode == 0 and f"serves on 127.0.0.1:{tusk.port}" in named.stdout
    wait_for(lambda: len(tusk.server_pids()) == 1, "one process")

    since = tusk.log_size()
    assert tusk.command("reopen-logs").returncode == 0
    tusk.signal(signal.SIGUSR1)
    wait_for(lambda: tusk.log(since).count("reopens log files") == 2, "both to be logged")

    done = tusk.command("stop")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tusk.wait_for_exit() == 0
    assert not tusk.control_socket.exists()
    done = tusk.command("status")
    assert done.returncode == 1 and "tusk is not running" in done.stderr


def test_status_counts_workers_and_requests(start_supervised, tmp_path):
    """Those of the process, not those of one that had its place in the scoreboard before."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 3)
    connection, gate = tusk.hold_worker(tmp_path)
    assert tusk.get("/hello.php").status_code == 200
    counted = {"busy": 1, "idle": 2, "other": 0}

    def process() -> dict:
        return status_of(tusk)["generations"][0]["processes"][0]

    wait_for(lambda: (process()["workers"], process()["requests"]) == (counted, 1), "the counts")
    assert "  serving  1 busy, 2 idle, 1 requests\n" in tusk.command("status").stdout
    gate.touch()
    assert connection.response().status == 200
    before = tusk.server_pids()
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: tusk.server_pids() not in ([], before), "a successor")
    wait_for(tusk.is_ready, "the successor to serve")
    assert process()["requests"] == 0


def test_a_reload_is_answered_when_its_configuration_serves(start_supervised, make_root):
    """Two at the same time: each sees what was in the file when it was asked for."""
    root = make_root({"a.txt": "a", "b.txt": "b"})
    config = root / "../tusk.toml"
    config.write_text('index_file = "a.txt"\n')
    tusk = start_supervised(root, "--config", config)
    first, second = Client(tusk.control_socket), Client(tusk.control_socket)
    first.socket.sendall(b"reload\n")
    wait_for(lambda: status_of(tusk)["state"] == "reloading", "the reload to begin")
    config.write_text('index_file = "b.txt"\n')
    assert second.ask(b"reload\n").endswith(b"exit 0\n")
    assert httpx.get(tusk.url, trust_env=False).text == "b"
    assert first.rest().endswith(b"exit 0\n")


def test_stop_waits_for_requests_and_says_if_they_were_cut_off(start_supervised, tmp_path):
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1)
    running, gate = tusk.hold_worker(tmp_path)
    assert tusk.command("stop", "--no-wait").returncode == 0
    wait_for(lambda: status_of(tusk)["state"] == "stopping", "the drain to begin")
    assert b"tusk stops" in ask(tusk, b"reload\n")
    waiting = Client(tusk.control_socket)
    waiting.socket.sendall(b"stop\n")
    gate.touch()
    assert running.response().text == "through the gate\n"
    assert waiting.rest() == b"exit 0\n"
    assert tusk.wait_for_exit() == 0

    late = start_supervised(PHP_SCRIPTS, "--workers", 1, "--drain-timeout", "100ms")
    late.hold_worker(tmp_path, "late")
    done = late.command("stop")
    assert done.returncode == 1 and "cut off" in done.stderr
    assert late.wait_for_exit() == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root preloads as another user")
@pytest.mark.parametrize("user", ["root", "nobody"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_preload_script_that_hangs_ends_with_its_server(start_supervised, tmp_path, engine, user):
    """OPcache runs it in a process of its own, as the user that opcache.preload_user names."""
    ini = tmp_path / "php.ini"
    ini.write_text("")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        directory = Path(name)
        directory.chmod(0o777)  # pytest's directories are closed to other users
        pid_file = directory / "pid"
        (directory / "hang.php").write_text(
            "<?php file_put_contents(__DIR__ . '/new', getmypid()); rename(__DIR__ . '/new', __DIR__ . '/pid');"
            " while (true) usleep(1000);")
        tusk = start_supervised(PHP_SCRIPTS, "--engine", engine, "--workers", 1, "--php-ini", ini)
        ini.write_text(f"opcache.preload = {directory}/hang.php\nopcache.preload_user = {user}\n")
        tusk.signal(signal.SIGHUP)
        wait_for(pid_file.exists, "the preload script to run")
        pid = int(pid_file.read_text())
        assert Path(f"/proc/{pid}").exists()
        tusk.process.terminate()
        assert tusk.wait_for_exit() == 0
        wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the end of the preload script")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stop_while_a_new_generation_starts_cuts_nothing_off(start_supervised, tmp_path, engine):
    """Its PHP hangs: it has no clients yet."""
    ini = tmp_path / "php.ini"
    ini.write_text("")
    (tmp_path / "hang.php").write_text("<?php touch(__DIR__ . '/hangs'); while (true) usleep(1000);")
    tusk = start_supervised(PHP_SCRIPTS, "--engine", engine, "--workers", 1, "--php-ini", ini)
    ini.write_text(f"opcache.preload = {tmp_path}/hang.php\nopcache.preload_user = root\n")
    tusk.signal(signal.SIGHUP)
    wait_for((tmp_path / "hangs").exists, "the new generation to start PHP")
    done = tusk.command("stop")
    assert (done.returncode, done.stderr) == (0, "")
    assert tusk.wait_for_exit() == 0


def test_wrong_use(start_supervised):
    for words, message in (
        (["reload", "--json"], "--json does not belong to tusk reload"),
        (["status", "now"], "unexpected argument 'now'"),
        (["stop", "--nonsense"], "--nonsense"),
    ):
        done = run_tusk(*words)
        assert done.returncode == 2 and message in done.stderr, done.stderr
    for command in ("reload", "status", "stop", "reopen-logs"):
        done = run_tusk(command, "--help")
        assert done.returncode == 0 and done.stdout.startswith(f"Usage: tusk {command}")
        assert f"\n  {command} " in run_tusk("--help").stdout
    assert "did you mean tusk reload?" in run_tusk("relaod").stderr


# --- the socket ---


def test_hostile_clients_hold_nothing(start_supervised):
    """Garbage, half a line, a line without end, too many clients, clients that do not read."""
    tusk = start_supervised()
    assert tusk.control_socket.stat().st_mode & 0o777 == 0o600
    assert b"does not know" in ask(tusk, b"dance\n")
    assert b"no argument" in ask(tusk, b"upgrade now\n")
    assert b"argument is not known" in ask(tusk, b"reload now\n")
    assert b"too long" in ask(tusk, b"x" * 5000)
    assert b"no server process" in ask(tusk, b"connect 1\n")
    assert b"no server process" in ask(tusk, b"connect x\n")
    assert ask(tusk, b"\x00\xff\n").endswith(b"exit 1\n")
    for _ in range(3):
        gone = Client(tusk.control_socket)
        gone.socket.sendall(b"status\n")
        gone.socket.close()
    half = [Client(tusk.control_socket) for _ in range(12)]
    for client in half:
        client.socket.sendall(b"stat")
    more = [Client(tusk.control_socket) for _ in range(16)]
    assert b"too many" in more[-1].rest()
    for client in more:
        client.socket.close()
    for client in half:
        client.socket.sendall(b"us\n")
        assert client.rest().endswith(b"exit 0\n")
    assert status_of(tusk)["state"] == "serving"
    assert tusk.get("/hello.php").text == "Hello World!"


def test_only_root_and_tusks_own_user(start_supervised):
    """The file's mode keeps others out; so does the kernel's word on who they are, where the file
    has another mode."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    tusk = start_supervised()
    for each in (tusk.control_socket, *tusk.control_socket.parents):
        os.chmod(each, stat.S_IMODE(each.stat().st_mode) | 0o777)
        if each == Path("/tmp"):
            break
    script = (
        "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
        "s.connect(sys.argv[1]); print(s.recv(1000).decode())"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-c", script, tusk.control_socket], capture_output=True, text=True
    )
    assert "permission denied" in done.stdout and "exit 1" in done.stdout, done.stderr
    assert tusk.get("/hello.php").text == "Hello World!"


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(start_supervised):
    tusk = start_supervised()
    second = start_supervised(env={"CONTROL_SOCKET": tusk.control_socket}, ready=False)
    assert second.wait_for_exit() == 1
    assert "another tusk has it" in second.log()
    assert status_of(tusk)["pid"] == tusk.pid
    tusk.signal(signal.SIGKILL)
    tusk.wait_for_exit()
    assert tusk.control_socket.exists()
    third = start_supervised(env={"CONTROL_SOCKET": tusk.control_socket})
    assert status_of(tusk)["pid"] == third.pid
    # A file that is not a socket is nobody's to remove.
    third.stop()
    tusk.control_socket.write_text("mine")
    fourth = start_supervised(env={"CONTROL_SOCKET": tusk.control_socket}, ready=False)
    assert fourth.wait_for_exit() == 1
    assert tusk.control_socket.read_text() == "mine"


def test_a_socket_that_was_removed_is_made_again(start_supervised, tmp_path):
    """By a cleaner of /run, say: the file, or its directory with it. Commands that wait keep their connection."""
    path = tmp_path / "run/control.sock"
    path.parent.mkdir()
    tusk = start_supervised(env={"CONTROL_SOCKET": path})
    tusk.control_socket = path
    pid = status_of(tusk)["pid"]
    before = len(os.listdir(f"/proc/{pid}/fd"))
    waits = Client(path)
    waits.socket.sendall(b"stat")
    remove = (path.unlink, lambda: path.rename(tmp_path / "moved"), lambda: shutil.rmtree(path.parent))
    for each in remove:
        each()
        wait_for(path.is_socket, "the file")
        assert path.stat().st_mode & 0o777 == 0o600
        assert status_of(tusk)["pid"] == pid
    assert waits.ask(b"us\n").endswith(b"exit 0\n")
    wait_for(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before, "no descriptor of the files before")
    assert tusk.command("upgrade").returncode == 0
    path.unlink()
    wait_for(path.is_socket, "the file")
    assert status_of(tusk)["pid"] == pid
    # If another tusk has the path meanwhile, the file is that one's.
    tusk.signal(signal.SIGSTOP)
    path.unlink()
    other = start_supervised(env={"CONTROL_SOCKET": path})
    tusk.signal(signal.SIGCONT)
    tusk.wait_for_log("the control socket was removed, and cannot be made again.*another tusk has it")
    assert status_of(tusk)["pid"] == other.pid
    tusk.stop()
    other.control_socket = path
    assert status_of(other)["pid"] == other.pid


def test_the_automatic_socket(start_supervised, tmp_path):
    """systemd's RuntimeDirectory; and each tusk of a user has one of its own."""
    tusk = start_supervised(env={"CONTROL_SOCKET": "auto", "RUNTIME_DIRECTORY": tmp_path})
    assert (tmp_path / "control.sock").is_socket()
    found = run_tusk("status", "--json", env={"RUNTIME_DIRECTORY": tmp_path})
    if found.returncode == 0:  # unless others of this machine have some in /run
        assert json.loads(found.stdout)["pid"] == tusk.pid
    off = start_supervised(env={"CONTROL_SOCKET": "off", "RUNTIME_DIRECTORY": tmp_path / "x"})
    assert off.get("/hello.php").text == "Hello World!"
    done = run_tusk("status", "--control-socket", "off")
    assert done.returncode == 1 and "control_socket is off" in done.stderr
    relative = run_tusk("check", "--control-socket", "x.sock", "--root", PHP_SCRIPTS)
    assert "must be an absolute path" in relative.stderr
    # A directory that is not there: tusk serves, and says what it does without.
    tusk = start_supervised(
        env={"CONTROL_SOCKET": "auto", "RUNTIME_DIRECTORY": tmp_path / "missing"}
    )
    tusk.wait_for_log("no control socket")
    assert tusk.get("/hello.php").text == "Hello World!"


# --- the internal server of each process ---


def test_connect_reaches_each_process(start_supervised):
    """Through the control socket, the internal server of each process answers, even with
    internal_addr off; several requests, and while no worker is free."""
    tusk = start_supervised(PHP_SCRIPTS, "--processes", 2, internal="off")
    wait_for(lambda: status_of(tusk)["state"] == "serving", "both to serve")
    pids = [each["pid"] for each in status_of(tusk)["generations"][0]["processes"]]
    assert sorted(pids) == sorted(tusk.server_pids()) and len(pids) == 2
    for pid in pids:
        client = connect(tusk, pid)
        client.socket.sendall(b"GET /metrics HTTP/1.1\r\nHost: tusk\r\n\r\n")
        assert client.socket.recv(15) == b"HTTP/1.1 200 OK"
        client.socket.close()
    # What follows the command in the same write reaches the process too.
    client = Client(tusk.control_socket)
    client.socket.sendall(
        b"connect %d\nGET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % pids[0]
    )
    answer = client.rest()
    assert answer.startswith(b"exit 0\nHTTP/1.1 200 OK"), answer
    # An open connection does not hold the end.
    idle = connect(tusk, pids[1])
    assert tusk.command("stop").returncode == 0
    assert tusk.wait_for_exit() == 0
    assert idle.rest() == b""


@pytest.mark.parametrize("text", [None, "workers = [ \"\n"], ids=["no such file", "no TOML"])
def test_a_command_whose_file_cannot_be_read_reaches_nobody(start_supervised, tmp_path, text):
    """The file may name the socket: another tusk must not be stopped in its place."""
    tusk = start_supervised()
    config = tmp_path / "site.toml"
    if text is not None:
        config.write_text(text)
    for command in ("stop", "reload", "status"):
        done = run_tusk(command, "--config", config)
        assert done.returncode == 2 and str(config) in done.stderr, done
        assert "the control socket is not known" in done.stderr
    assert tusk.is_ready()
    named = run_tusk("status", "--config", config, "--control-socket", tusk.control_socket)
    assert named.returncode == 0, named.stderr


def test_a_start_that_fails_says_why_on_stderr(start_supervised, tmp_path):
    tusk = start_supervised()
    log = tmp_path / "tusk.log"
    for supervised in ((), ("--no-supervisor",)):
        done = run_tusk("--root", PHP_SCRIPTS, "--listen", f"127.0.0.1:{tusk.port}", "--log-file", log, *supervised)
        assert done.returncode == 1 and "Address already in use" in done.stderr, done
        assert "Address already in use" in log.read_text()
