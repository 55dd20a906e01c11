"""Signals other than a plain stop: before the server serves, as process 1, and hang-ups."""

import os
import pty
import re
import signal
import subprocess

import pytest

from harness.server import BINARY, PHP_SCRIPTS, environment
from harness.wait import PATIENCE_S, wait_for
from harness.worker_processes import children, hosts_of

ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]


@pytest.fixture
def slow_start(make_root, tmp_path):
    """A site whose start takes as long as the test needs: a preload script that waits."""
    root = make_root({"hello.php": "Hello World!"})
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    preload = tmp_path / "preload.php"
    preload.write_text(
        f"<?php touch('{begun}'); while (!file_exists('{gate}')) {{ clearstatcache(); usleep(1000); }}"
    )
    user = ("-d", "opcache.preload_user=root") if os.geteuid() == 0 else ()
    return root, begun, gate, ("-d", f"opcache.preload={preload}", *user)


# --- before the server serves ---


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_during_the_start_ends_it_with_status_0(start_tusk, slow_start, number):
    """A service manager or Ctrl-C sends it. Nothing was served, so nothing is lost; the log says
    so."""
    root, begun, _, flags = slow_start
    tusk = start_tusk(root, *flags, ready=False)
    wait_for(begun.exists, "the start to be under way")
    tusk.signal(number)
    assert tusk.wait_for_exit() == 0
    line = rf"(?m)^\S+Z info  stopped before the start was complete signal={number.name}$"
    assert re.search(line, tusk.log()), tusk.log()


def test_that_line_is_json_in_a_json_log(start_tusk, slow_start):
    root, begun, _, flags = slow_start
    tusk = start_tusk(root, *flags, "--log-format", "json", ready=False)
    wait_for(begun.exists, "the start to be under way")
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 0
    assert '"level":"info"' in tusk.log() and '"signal":"SIGTERM"' in tusk.log()


def test_a_hang_up_during_the_start_is_a_warning(start_tusk, slow_start):
    root, begun, gate, flags = slow_start
    tusk = start_tusk(root, *flags, ready=False)
    wait_for(begun.exists, "the start to be under way")
    tusk.signal(signal.SIGHUP)
    gate.touch()
    tusk.wait_until_ready()
    tusk.wait_for_log("warn .*there is no reload")
    assert tusk.get("/hello.php").text == "Hello World!"


# --- hang-ups ---


def test_a_hang_up_is_only_a_warning(start_tusk):
    """Other servers take it as "reload", which does not exist yet; requests go on."""
    tusk = start_tusk(PHP_SCRIPTS)
    for times in (1, 2, 3):
        tusk.signal(signal.SIGHUP)
        wait_for(lambda: tusk.log().count("there is no reload") == times, "the warning")
        assert tusk.get("/hello.php").text == "Hello World!"


def test_a_hang_up_does_not_hasten_a_drain(start_tusk, tmp_path):
    """A terminal that closes sends more than one signal."""
    tusk = start_tusk(PHP_SCRIPTS, "--drain-timeout", "1h")
    running, gate = tusk.hold_worker(tmp_path)
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_log("draining")
    tusk.signal(signal.SIGHUP)
    tusk.signal(signal.SIGHUP)
    gate.touch()
    assert running.response().text == "through the gate\n"
    assert tusk.wait_for_exit() == 0


def test_nohup_stays_nohup(start_tusk):
    """If SIGHUP was ignored at the start, it stays ignored, without a warning."""
    tusk = start_tusk(PHP_SCRIPTS, wrapper=("sh", "-c", "trap '' HUP; exec \"$@\"", "sh"))
    status = open(f"/proc/{tusk.pid}/status").read()
    ignored = int(re.search(r"SigIgn:\s+(\w+)", status)[1], 16)
    assert ignored & 1 << (signal.SIGHUP - 1)
    tusk.signal(signal.SIGHUP)
    assert tusk.get("/hello.php").text == "Hello World!"
    assert "reload" not in tusk.log()


def on_a_terminal(log) -> tuple:
    """A server as the foreground program of a terminal. Returns its process, and our end of the
    terminal."""
    command = [BINARY, "--root", PHP_SCRIPTS, "--listen", "127.0.0.1:0", "--internal-addr", "off"]
    pid, terminal = pty.fork()
    if pid == 0:
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(errors, 2)
        os.execve(BINARY, [str(word) for word in command], environment())
    wait_for(lambda: " serves " in log.read_text() if log.exists() else False, "the server")
    return pid, terminal




def test_a_closed_terminal_ends_the_server(tmp_path):
    """The person who started it has left. It drains, and its status is 0.
    While the terminal exists, SIGHUP causes the usual warning."""
    log = tmp_path / "log"
    pid, terminal = on_a_terminal(log)
    try:
        os.kill(pid, signal.SIGHUP)
        wait_for(lambda: "there is no reload" in log.read_text(), "the warning")
        assert "draining" not in log.read_text()
        os.close(terminal)
        ended = wait_for(lambda: found if (found := os.waitpid(pid, os.WNOHANG))[0] else None, "its end")
        pid = 0
        assert os.waitstatus_to_exitcode(ended[1]) == 0
        assert "draining" in log.read_text() and "signal=SIGHUP" in log.read_text()
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


# --- process 1 ---


def may_be_process_1() -> bool:
    probe = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True)
    return probe.returncode == 0


needs_namespace = pytest.mark.skipif(
    not may_be_process_1(), reason="needs permission to create a process namespace (unshare --pid)"
)
AS_PROCESS_1 = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--")


def inner_pid(tusk) -> int:
    """Returns the server's pid: unshare(1) stays, and waits for it."""
    children = open(f"/proc/{tusk.pid}/task/{tusk.pid}/children").read().split()
    return int(children[0]) if children else 0


def zombies_of(pid: int) -> list:
    found = []
    for child in os.listdir("/proc"):
        if not child.isdigit():
            continue
        try:
            name, state, parent = re.match(
                r"\d+ \((.*)\) (\S) (\d+)", open(f"/proc/{child}/stat").read(), re.S
            ).groups()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state == "Z":
            found.append(name)
    return found


@needs_namespace
@pytest.mark.parametrize("number", ENDING)
def test_process_1_ends_its_start_too(start_tusk, slow_start, number):
    """The kernel drops a signal to process 1 that has no handler."""
    root, begun, _, flags = slow_start
    tusk = start_tusk(root, *flags, ready=False, wrapper=AS_PROCESS_1)
    wait_for(begun.exists, "the start to be under way")
    os.kill(inner_pid(tusk), number)
    assert tusk.wait_for_exit() == 0
    assert f"stopped before the start was complete signal={number.name}" in tusk.log()


@needs_namespace
def test_a_signal_at_any_moment_of_the_start_of_process_1_ends_it(start_tusk):
    """Even before handlers can be installed, in main()'s first steps."""
    for _ in range(5):
        tusk = start_tusk(PHP_SCRIPTS, ready=False, wrapper=AS_PROCESS_1)
        pid = wait_for(lambda: inner_pid(tusk), "process 1")
        held = 1 << (signal.SIGTERM - 1)

        def takes_it() -> bool:
            status = open(f"/proc/{pid}/status").read()
            if "Name:\ttusk-server\n" not in status:  # still unshare(1), which has its own signal mask
                return False
            masks = [int(m, 16) for m in re.findall(r"Sig(?:Blk|Cgt):\s+(\w+)", status)]
            return any(mask & held for mask in masks)

        wait_for(takes_it, "the first step", poll_s=0)
        os.kill(pid, signal.SIGTERM)
        assert tusk.wait_for_exit() == 0
        assert "stopped" in tusk.log()


# Each leaves one orphan: a process that ends after the process that started it.
ORPHANS = {
    "shell": "<?php exec('(sleep 0.2; exit 3) > /dev/null 2>&1 &');",
    "double fork": """<?php
        $child = pcntl_fork();
        if ($child === 0) {
            if (pcntl_fork() === 0) usleep(200_000);
            exit(0);
        }
        pcntl_waitpid($child, $status);""",
}


@needs_namespace
@pytest.mark.parametrize("kind", ORPHANS)
def test_process_1_takes_orphans(start_tusk, make_root, kind):
    """There are a hundred of them, and none is left as a zombie."""
    root = make_root({"orphan.php": ORPHANS[kind]})
    tusk = start_tusk(root, "--workers", 2, wrapper=AS_PROCESS_1)
    for _ in range(100):
        assert tusk.get("/orphan.php").status_code == 200
    pid = inner_pid(tusk)

    def none_left() -> bool:
        return not set(children(pid)) - set(hosts_of(pid)) and not zombies_of(pid)

    wait_for(none_left, "orphans and zombies to be gone")
    os.kill(pid, signal.SIGTERM)
    assert tusk.wait_for_exit() == 0


@needs_namespace
def test_a_child_that_a_script_waits_for_is_never_taken(start_tusk, make_root):
    """While orphans are collected, scripts that wait for a second and more, beyond several
    checks, get the status of their own child in each way to ask for it."""
    root = make_root(
        {
            "orphan.php": ORPHANS["shell"],
            "waits.php": """<?php
            $p = proc_open(['sh', '-c', 'exit 41'], [], $pipes);
            $child = pcntl_fork();
            if ($child === 0) exit(42);
            $pipe = popen('exit 43', 'r');
            $until = hrtime(true) + 2_500_000_000;
            while (hrtime(true) < $until) usleep(10_000);
            pcntl_waitpid($child, $status);
            echo json_encode([proc_close($p), pcntl_wexitstatus($status), pclose($pipe)]);""",
        }
    )
    tusk = start_tusk(root, "--workers", 4, wrapper=AS_PROCESS_1)
    waiting = [tusk.raw().request("GET", "/waits.php") for _ in range(3)]
    tusk.wait_for_metric(3, "tusk_workers", state="busy")
    while tusk.metrics().value("tusk_workers", state="busy") == 3:
        tusk.get("/orphan.php")
    assert [client.response().text for client in waiting] == ["[41,42,43]"] * 3
    os.kill(inner_pid(tusk), signal.SIGTERM)
    assert tusk.wait_for_exit() == 0
