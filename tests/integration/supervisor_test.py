"""The supervisor: the parent process that starts server processes, replaces those that end, and
changes to a new generation at a reload."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from harness.engine import default_engine
from harness.load import Load
from harness.php_build import is_older_than
from harness.server import BINARY, PHP_SCRIPTS, TUSK, environment, sanitizer
from harness.tracing import Frozen
from harness.wait import wait_for


@pytest.fixture
def start_supervised(start_tusk):
    def start(root=PHP_SCRIPTS, *args, **options):
        return start_tusk(root, *args, supervised=True, **options)

    return start


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def replaced(tusk, before: list) -> list:
    """Waits until none of the processes `before` is left and as many others serve."""

    def others():
        now = tusk.server_pids()
        return now if len(now) == len(before) and not set(now) & set(before) else None

    return wait_for(others, "other server processes")


def reload(tusk) -> None:
    """Asks for a reload and waits until the new generation serves and the old one has drained."""
    before, since = tusk.server_pids(), tusk.log_size()
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log(r"reloaded: a new generation serves", since)
    replaced(tusk, before)


# --- life ---


def test_the_parent_has_no_php_and_one_thread(start_supervised):
    """The supervisor is another program than the server process, and links no libphp."""
    tusk = start_supervised()
    [server] = tusk.server_pids()
    assert os.readlink(f"/proc/{tusk.pid}/exe") == str(TUSK.resolve())
    assert os.readlink(f"/proc/{server}/exe") == str(BINARY.resolve())
    assert "libphp" not in Path(f"/proc/{tusk.pid}/maps").read_text()
    assert len(os.listdir(f"/proc/{tusk.pid}/task")) == 1


def test_the_parent_does_not_wake_for_requests(start_supervised):
    tusk = start_supervised()

    def wake_ups():
        return re.search(r"^voluntary.*:\s*(\d+)", Path(f"/proc/{tusk.pid}/status").read_text(), re.M)[1]

    before = wake_ups()
    for _ in range(100):
        assert tusk.get("/hello.php").text == "Hello World!"
    assert wake_ups() == before


def test_without_a_supervisor_there_is_one_process(start_supervised):
    tusk = start_supervised(PHP_SCRIPTS, "--no-supervisor")
    assert tusk.server_pids() == []
    assert os.readlink(f"/proc/{tusk.pid}/exe") == str(BINARY.resolve())
    assert tusk.get("/hello.php").text == "Hello World!"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_no_request_fails_when_tusk_ends_under_load(start_supervised, number):
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 2)
    servers = tusk.server_pids()
    with Load(tusk.port) as load:
        wait_for(lambda: load.answered() >= 100, "the load to be under way")
        load.no_more_connections(then=lambda: tusk.signal(number))
        outcome = load.finish()
    assert outcome.failures == []
    assert tusk.wait_for_exit() == 0
    assert not any(map(exists, servers))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", tusk.port))


def test_a_second_signal_ends_at_once(start_supervised, tmp_path):
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1)
    [server] = tusk.server_pids()
    running, _ = tusk.hold_worker(tmp_path)
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_log("draining")
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 1
    assert not exists(server)
    running.expect_closed()


def test_ctrl_c_reaches_both_and_ends_once(start_supervised, tmp_path):
    """A terminal sends SIGINT to the supervisor and to the server process. A request in flight is
    finished all the same."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1)
    [server] = tusk.server_pids()
    running, gate = tusk.hold_worker(tmp_path)
    os.kill(server, signal.SIGINT)
    tusk.signal(signal.SIGINT)
    tusk.wait_for_log("draining")
    os.kill(server, signal.SIGINT)
    gate.touch()
    assert running.response().text == "through the gate\n"
    assert tusk.wait_for_exit() == 0


def test_a_server_process_does_not_outlive_its_supervisor(start_supervised, tmp_path):
    """Where the supervisor is killed, the server process finishes what is in flight, ends, and the
    port is free."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1)
    [server] = tusk.server_pids()
    running, gate = tusk.hold_worker(tmp_path)
    tusk.signal(signal.SIGKILL)
    tusk.wait_for_exit()
    tusk.wait_for_log("the supervisor is gone")
    gate.touch()
    assert running.response().text == "through the gate\n"
    wait_for(lambda: not exists(server), "the server process to end")


def test_a_unix_socket_stays_over_reloads_and_goes_at_the_end(start_supervised, tmp_path):
    path = tmp_path / "tusk.sock"
    tusk = start_supervised(PHP_SCRIPTS, listen=[f"unix:{path}"])
    inode = path.stat().st_ino
    reload(tusk)
    os.kill(tusk.server_pids()[0], signal.SIGKILL)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), trust_env=False) as client:
        assert client.get("http://x/hello.php").text == "Hello World!"
    assert path.stat().st_ino == inode
    tusk.stop()
    assert not path.exists()


# --- starts that fail ---


def test_a_port_in_use_is_an_error(start_supervised):
    first = start_supervised()
    second = start_supervised(listen=[f"127.0.0.1:{first.port}"], ready=False)
    assert second.wait_for_exit() == 1
    assert f"127.0.0.1:{first.port}" in second.log() and "in use" in second.log()


def test_the_reason_of_a_failed_start_is_told_once(start_supervised, tmp_path):
    """The server process says why it cannot start; the exit status is its own."""
    config = tmp_path / "tusk.toml"
    config.write_text('[[rules]]\npath = "/x/[" \ndeny = true\n')
    tusk = start_supervised(PHP_SCRIPTS, "--config", config, ready=False)
    assert tusk.wait_for_exit() == 2
    assert tusk.log().count("tusk.toml:1: path") == 1


@pytest.mark.threads("the server process starts another PHP host, and goes on")
def test_a_process_that_crashes_at_its_start_is_started_less_and_less_often(
    start_supervised, make_root
):
    root = make_root({"preload.php": "<?php exec('kill -9 $PPID');"})
    tusk = start_supervised(
        root, "-d", f"opcache.preload={root}/preload.php", "-d", "opcache.preload_user=root", ready=False
    )
    tusk.wait_for_log(r"signal=KILL.* delay_ms=400")
    delays = re.findall(r"signal=KILL.* delay_ms=(\d+)", tusk.log())
    assert delays[:3] == ["100", "200", "400"]
    (root / "preload.php").write_text("<?php")
    tusk.wait_until_ready()


# --- crashes ---


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_crashed_process_is_replaced(start_supervised, number):
    """The log names the signal, and connections that come meanwhile wait for the successor."""
    if number == signal.SIGSEGV and sanitizer():
        pytest.skip("the sanitizers have their own signal handlers")
    tusk = start_supervised()
    before = tusk.server_pids()
    os.kill(before[0], number)
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False, timeout=30).text == "Hello World!"
    replaced(tusk, before)
    name = number.name.removeprefix("SIG")
    tusk.wait_for_log(rf"server process ended by a signal.* pid={before[0]} .*signal={name}")


def test_a_process_that_was_told_to_end_is_replaced(start_supervised):
    """SIGTERM to the server process alone makes it drain; it is not what ends tusk."""
    tusk = start_supervised()
    before = tusk.server_pids()
    os.kill(before[0], signal.SIGTERM)
    replaced(tusk, before)
    assert tusk.get("/hello.php").text == "Hello World!"


def test_several_processes_serve_and_one_crash_costs_one(start_supervised):
    tusk = start_supervised(PHP_SCRIPTS, "--processes", 3)
    before = tusk.server_pids()
    assert len(before) == 3
    os.kill(before[1], signal.SIGKILL)
    wait_for(lambda: not exists(before[1]), "the process to be gone")
    for _ in range(20):
        assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
    wait_for(lambda: len(tusk.server_pids()) == 3, "a third process")
    assert {before[0], before[2]} < set(tusk.server_pids())


def test_a_replacement_has_the_configuration_of_its_generation(start_supervised, make_root):
    """A file that was changed and not reloaded has no effect, right or wrong."""
    root = make_root({"a.txt": "a"})
    config = root / "../tusk.toml"
    config.write_text('index_file = "a.txt"\n')
    tusk = start_supervised(root, "--config", config)
    assert tusk.get("/").text == "a"
    config.write_text("no such thing")
    before = tusk.server_pids()
    os.kill(before[0], signal.SIGKILL)
    replaced(tusk, before)
    assert httpx.get(f"{tusk.url}/", trust_env=False).text == "a"


def test_a_log_that_nobody_reads_holds_nothing(tmp_path):
    """stderr is a pipe that is full: a crashed process is replaced all the same, and SIGTERM ends
    tusk."""
    reader, writer = os.pipe()
    filler = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    path = tmp_path / "s"
    process = subprocess.Popen(
        [TUSK, "--root", PHP_SCRIPTS, "--listen", f"unix:{path}", "--internal-addr", "off"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stderr=writer,
    )

    def hello() -> str:
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, trust_env=False, timeout=30) as client:
            return client.get("http://x/hello.php").text

    try:
        wait_for(path.exists, "the socket")
        assert hello() == "Hello World!"
        with pytest.raises(BlockingIOError):
            while True:
                os.write(filler, b"x")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        os.kill(int(children.read_text()), signal.SIGKILL)
        assert hello() == "Hello World!"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        for descriptor in (filler, reader, writer):
            os.close(descriptor)
        process.kill()
        process.wait()


# --- reloads ---

LISTEN = 'listen = "127.0.0.1:0"\n'


def test_a_reload_changes_the_configuration(start_supervised, make_root):
    root = make_root({"a.txt": "a", "b.txt": "b"})
    config = root / "../tusk.toml"
    config.write_text('index_file = "a.txt"\n')
    tusk = start_supervised(root, "--config", config)
    assert httpx.get(tusk.url, trust_env=False).text == "a"
    config.write_text('index_file = "b.txt"\n')
    reload(tusk)
    assert httpx.get(tusk.url, trust_env=False).text == "b"


def test_a_reload_says_that_php_has_ended_its_start(start_supervised, tmp_path):
    """OPcache calls exit() for some mistakes: the answer says so, and where the message is."""
    config = tmp_path / "tusk.toml"
    config.write_text("")
    tusk = start_supervised(PHP_SCRIPTS, "--config", config)
    config.write_text('[php]\n"opcache.file_cache_only" = "1"\n')
    answer = tusk.command("reload")
    assert answer.returncode == 1
    assert re.search("(PHP has ended the process at its start|cannot start PHP: it ended with status 254): "
                     "its message is on stderr", answer.stderr), answer.stderr
    assert "without a proper setting of opcache.file_cache" in tusk.log()
    assert tusk.get("/hello.php").status_code == 200


@pytest.mark.parametrize(
    "wrong, reason",
    [
        (LISTEN + "no such thing", r"tusk\.toml:2"),
        (LISTEN + 'listen_mode = "999"\n', "listen_mode"),
        (LISTEN + '[[rules]]\npath = "/x/["\ndeny = true\n', r"tusk\.toml:2: path"),
        ('listen = "192.0.2.1:80"\n', r"192\.0\.2\.1"),
    ],
    ids=["no TOML", "a wrong value", "a wrong rule", "an address that cannot be bound"],
)
def test_a_reload_with_a_wrong_configuration_changes_nothing(
    start_supervised, make_root, wrong, reason
):
    """The log says why. A reload with a right one then works."""
    root = make_root({"a.txt": "a", "b.txt": "b"})
    config = root / "../tusk.toml"
    config.write_text(LISTEN + 'index_file = "a.txt"\n')
    tusk = start_supervised(root, "--config", config, listen=[])
    before, since = tusk.server_pids(), tusk.log_size()
    config.write_text(wrong)
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("reload failed: the generation before goes on", since)
    assert re.search(reason, tusk.log(since))
    assert httpx.get(tusk.url, trust_env=False).text == "a"
    wait_for(lambda: tusk.server_pids() == before, "only the processes before")
    config.write_text(LISTEN + 'index_file = "b.txt"\n')
    reload(tusk)
    assert httpx.get(tusk.url, trust_env=False).text == "b"


def test_a_reload_whose_process_crashes_changes_nothing(start_supervised, make_root, tmp_path):
    """A new generation that dies at its start, or whose PHP host does, is not tried again and again."""
    # OPcache of PHP 8.2 runs the script in a child, if root starts it.
    forks = is_older_than("8.4") and os.geteuid() == 0
    starting = "$(ps -o ppid= $PPID)" if forks else "$PPID"
    root = make_root({"a.txt": "a", "preload.php": f"<?php exec('kill -9 {starting}');"})
    config = tmp_path / "tusk.toml"
    config.write_text("")
    tusk = start_supervised(root, "--config", config)
    before, since = tusk.server_pids(), tusk.log_size()
    config.write_text(
        f'[php]\n"opcache.preload" = "{root}/preload.php"\n"opcache.preload_user" = "root"\n'
    )
    tusk.signal(signal.SIGHUP)
    if default_engine() == "processes":
        tusk.wait_for_log(r"a PHP host has ended .*SIGKILL", since)
    tusk.wait_for_log("ended (by SIGKILL|with status 1) before it was ready", since)
    tusk.wait_for_log("reload failed: the generation before goes on", since)
    wait_for(lambda: tusk.server_pids() == before, "only the processes before")
    config.write_text("")
    reload(tusk)
    assert httpx.get(f"{tusk.url}/a.txt", trust_env=False).text == "a"


def test_a_reload_with_a_broken_php_ini_changes_nothing(start_supervised, make_root, tmp_path):
    """PHP ignores what follows a mistake in php.ini and starts. At tusk's own start, and when a
    process that crashed is replaced, that is better than no service; at a reload it is worse than
    the process that serves."""
    root = make_root({"limit.php": "<?php echo ini_get('memory_limit');"})
    ini, broken = tmp_path / "php.ini", "error_log = a(b\nmemory_limit = 77M\n"
    ini.write_text("memory_limit = 66M\n")
    tusk = start_supervised(root, "--php-ini", ini)
    before, since = tusk.server_pids(), tusk.log_size()
    ini.write_text(broken)
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("reload failed: the generation before goes on", since)
    assert re.search(rf"syntax error.* in {ini} on line 1", tusk.log(since))
    wait_for(lambda: tusk.server_pids() == before, "only the processes before")
    assert httpx.get(f"{tusk.url}/limit.php", trust_env=False).text == "66M"
    ini.write_text("memory_limit = 88M\n")
    reload(tusk)
    assert httpx.get(f"{tusk.url}/limit.php", trust_env=False).text == "88M"
    ini.write_text(broken)
    (server,) = tusk.server_pids()
    os.kill(server, signal.SIGKILL)
    assert httpx.get(f"{tusk.url}/limit.php", trust_env=False).text == "128M"
    assert "PHP ignores the rest of the file" in tusk.log()


def test_a_reload_binds_new_addresses_and_closes_old_ones(start_supervised, tmp_path, make_root):
    root = make_root({"a.txt": "a"})
    config, old, new = tmp_path / "tusk.toml", tmp_path / "old.sock", tmp_path / "new.sock"
    config.write_text(f'listen = ["127.0.0.1:0", "unix:{old}"]\n')
    tusk = start_supervised(root, "--config", config, listen=[])
    assert old.exists()
    config.write_text(f'listen = ["127.0.0.1:0", "unix:{new}"]\n')
    reload(tusk)
    assert new.exists()
    wait_for(lambda: not old.exists(), "the old socket to go")
    assert httpx.get(f"{tusk.url}/a.txt", trust_env=False).text == "a"


def test_a_reload_that_writes_a_port_in_another_way_says_so(start_supervised, tmp_path, make_root):
    config = tmp_path / "tusk.toml"
    config.write_text('listen = ["127.0.0.1:0"]\n')
    tusk = start_supervised(make_root({"a.txt": "a"}), "--config", config, listen=[])
    config.write_text(f'listen = ["http://127.0.0.1:{tusk.port}"]\n')
    done = tusk.command("reload")
    assert done.returncode == 1
    assert "Address already in use (this tusk has the port as 127.0.0.1:0; a restart changes it" in done.stderr
    assert httpx.get(f"{tusk.url}/a.txt", trust_env=False).text == "a"


def test_no_request_fails_over_reloads(start_supervised):
    """Sixteen clients with kept and new connections; a connection is closed only between two
    requests, after the close was announced."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 2)
    with Load(tusk.port) as load:
        wait_for(lambda: load.answered() >= 100, "the load to be under way")
        for _ in range(5):
            before = load.answered()
            reload(tusk)
            wait_for(lambda: load.answered() > before, "answers after the reload")
        load.no_more_connections(then=lambda: tusk.signal(signal.SIGTERM))
        outcome = load.finish()
    assert outcome.failures == []
    assert tusk.wait_for_exit() == 0


def test_what_is_under_way_goes_on_over_a_reload(start_supervised, tmp_path):
    """A script that runs, an upload whose body is half sent: the old generation finishes them."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 2)
    before, since = tusk.server_pids(), tusk.log_size()
    running, gate = tusk.hold_worker(tmp_path)
    upload = tusk.raw()
    upload.send(b"POST /echo.php HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("reloaded: a new generation serves", since)
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
    assert set(before) < set(tusk.server_pids())
    upload.send(b"67890")
    assert bytes.fromhex(json.loads(upload.response().text)["body"]) == b"1234567890"
    gate.touch()
    assert running.response().text == "through the gate\n"
    replaced(tusk, before)


def test_a_crash_of_a_draining_process_ends_it(start_supervised, tmp_path):
    """It is not replaced: its generation is over."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1)
    [before], since = tusk.server_pids(), tusk.log_size()
    running, _ = tusk.hold_worker(tmp_path)
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("reloaded: a new generation serves", since)
    os.kill(before, signal.SIGKILL)
    running.expect_closed()
    tusk.wait_for_log("a generation has drained", since)
    assert len(tusk.server_pids()) == 1
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"


def test_nothing_is_left_of_many_crashes_and_reloads(start_supervised):
    """No zombie, and no descriptor more in the supervisor."""
    tusk = start_supervised()

    def descriptors():
        return sorted(os.listdir(f"/proc/{tusk.pid}/fd"))

    reload(tusk)
    before = descriptors()
    for _ in range(6):
        reload(tusk)
        pids = tusk.server_pids()
        os.kill(pids[0], signal.SIGKILL)
        replaced(tusk, pids)
    tusk.wait_for_log("a generation has drained")
    wait_for(lambda: len(descriptors()) <= len(before), "as few descriptors as before")
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"


# --- process managers ---


class NotifySocket:
    """What a process manager receives (sd_notify(3))."""

    def __init__(self, path: Path):
        self.path = path
        self.received = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            self.received.append(self._socket.recv(4096).decode())

    def wait_for(self, start: str, count: int = 1):
        wait_for(
            lambda: sum(text.startswith(start) for text in self.received) >= count,
            f"{count} times {start}",
        )


def test_a_process_manager_is_told(start_supervised, tmp_path):
    """READY=1 when the server process serves, RELOADING=1 with the time and READY=1 around a
    reload, STOPPING=1 at the end. The server process does not see the variable."""
    manager = NotifySocket(tmp_path / "notify")
    tusk = start_supervised(env={"NOTIFY_SOCKET": manager.path})
    manager.wait_for("READY=1")
    reload(tusk)
    manager.wait_for("RELOADING=1\nMONOTONIC_USEC=")
    manager.wait_for("READY=1", 2)
    [server] = tusk.server_pids()
    assert b"NOTIFY_SOCKET" not in Path(f"/proc/{server}/environ").read_bytes()
    tusk.stop()
    manager.wait_for("STOPPING=1")


def test_a_watchdog_hears_of_a_server_that_answers(start_supervised, tmp_path):
    """A server process that does not run does not answer the supervisor, and then the process
    manager hears nothing."""
    manager = NotifySocket(tmp_path / "notify")
    tusk = start_supervised(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"})
    manager.wait_for("WATCHDOG=1", 3)
    [server] = tusk.server_pids()

    def silent():
        before = len(manager.received)
        subprocess.run(["sleep", "0.3"], check=True)
        return len(manager.received) == before

    try:
        with Frozen(server):
            wait_for(silent, "the watchdog to hear nothing")
    except PermissionError:
        pytest.skip("other processes may not be traced here")
    manager.wait_for("WATCHDOG=1", len(manager.received) + 1)


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP])
def test_a_server_process_that_is_stopped_goes_on(start_supervised, number):
    """A program that a script has started may stop the server process of its user: the supervisor
    continues it, and tells of it once in a while."""
    tusk = start_supervised()
    [server] = tusk.server_pids()
    for _ in range(20):
        os.kill(server, number)
        assert tusk.get("/hello.php").text == "Hello World!"
    if number == signal.SIGSTOP:  # the other one is ignored or not, as the process likes
        tusk.wait_for_log(rf"was stopped by a signal, and goes on pid={server} signal=STOP times=1")
        assert tusk.log().count("and goes on") < 5
    assert tusk.server_pids() == [server]


def test_a_script_cannot_stop_the_others(start_supervised, make_root):
    """It stops the server process, and every process that its user may stop apart from itself and
    the supervisor."""
    stop = """<?php
        $family = [SUPERVISOR];
        for ($next = 0; $next < count($family); ++$next)
            foreach (glob("/proc/{$family[$next]}/task/*/children") as $file)
                foreach (array_filter(explode(' ', file_get_contents($file))) as $child)
                    $family[] = (int) $child;
        $victims = array_diff($family, [SUPERVISOR, getmypid()]);
        echo 'stops ', count($victims) + 1, "\\n";
        flush();
        exec('kill -STOP ' . implode(' ', [...$victims, getmypid()]));
        echo 'done';"""
    root = make_root({"hello.php": "<?php echo 'Hello World!';"})
    tusk = start_supervised(root, "--workers", 3)
    (root / "stop.php").write_text(stop.replace("SUPERVISOR", str(tusk.pid)))
    before = tusk.server_pids()
    answer = tusk.get("/stop.php").text
    assert re.fullmatch(r"stops \d+\ndone", answer), answer
    for _ in range(10):
        assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.server_pids() == before


def test_sockets_that_were_handed_over_are_handed_on(start_supervised):
    """LISTEN_FDS of a process manager: the server processes get the same sockets, over crashes and
    reloads."""
    with socket.socket() as listening, socket.socket() as internal:
        for each in (listening, internal):
            each.bind(("127.0.0.1", 0))
            each.listen()
        port = listening.getsockname()[1]
        fds = [listening.fileno(), internal.fileno()]
        script = f'exec 3<&{fds[0]} 4<&{fds[1]}; exec env LISTEN_PID=$$ "$@"'
        tusk = start_supervised(
            listen=[],
            internal="off",
            wrapper=("/bin/bash", "-c", script, "activate"),
            env={"LISTEN_FDS": 2, "LISTEN_FDNAMES": "web:internal"},
            pass_fds=fds,
        )
    assert tusk.port == port and tusk.admin("/health").status_code == 200
    reload(tusk)
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"


def test_as_process_1_of_a_container(tmp_path):
    """It reaps orphans of scripts, replaces a crashed process, and ends with status 0 on
    SIGTERM."""
    log = tmp_path / "log"
    arguments = ["--root", PHP_SCRIPTS, "--listen", f"unix:{tmp_path}/s", "--internal-addr", "off"]
    with open(log, "wb") as err:
        process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", TUSK, *map(str, arguments)],
            env=environment(),
            stderr=err,
            stdin=subprocess.DEVNULL,
        )
    try:
        transport = httpx.HTTPTransport(uds=f"{tmp_path}/s")
        with httpx.Client(transport=transport, trust_env=False, timeout=30) as client:

            def children_of(pid):
                text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
                return [int(child) for child in text.split()]

            wait_for(lambda: (tmp_path / "s").exists(), "the socket")
            assert client.get("http://x/hello.php").text == "Hello World!"
            [tusk] = children_of(process.pid)
            [server] = children_of(tusk)
            os.kill(server, signal.SIGKILL)
            wait_for(lambda: children_of(tusk) not in ([], [server]), "a successor")
            assert client.get("http://x/hello.php").text == "Hello World!"
            # An orphan: its parent ends at once.
            subprocess.run(
                ["nsenter", "-t", str(tusk), "-p", "sh", "-c", "(true &) ; exit 0"], check=True
            )
            wait_for(lambda: len(children_of(tusk)) == 1, "orphans to be reaped")
        os.kill(tusk, signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
