"""Crash reports: a server process that crashes ends by its signal, and its supervisor says where
it was: the thread, the request, the line of PHP, and the native functions."""

import ctypes
import json
import os
import re
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from harness import tracing
from harness.engine import default_engine, needs_host, open_files
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for
from harness.worker_processes import runs

pytestmark = pytest.mark.skipif(
    bool(sanitizer()), reason="the sanitizers have their own signal handlers"
)

of_a_script = pytest.mark.threads("a script in a worker process cannot crash the server process")
CRASHED = r"a server process has crashed"
LIBC = ctypes.CDLL(None, use_errno=True)
SYS_TGKILL = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
LIBC = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def start(start_tusk):
    def start(*args, **options):
        return start_tusk(
            PHP_SCRIPTS, "-d", "ffi.enable=true", "--log-format", "json", *args,
            supervised=True, **options,
        )  # fmt: skip

    return start


def next_report(tusk, since: int) -> dict:
    return json.loads(tusk.wait_for_log(rf'\{{[^\n]*"message":"{CRASHED}[^\n]*\n', since)[0])


def crash(tusk, target: str) -> dict:
    """Requests what crashes the process. Returns the report when another process serves."""
    before, since = tusk.server_pids(), tusk.log_size()
    with pytest.raises(httpx.TransportError):
        httpx.get(tusk.url + target, trust_env=False)
    wait_for(lambda: tusk.server_pids() not in (before, []), "a successor")
    report = next_report(tusk, since)
    assert report["pid"] == before[0]
    return report


def thread_ids(pid: int) -> dict:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {(task / "comm").read_text().strip(): int(task.name) for task in tasks}


def thread_id(pid: int, name: str) -> int:
    return wait_for(lambda: thread_ids(pid).get(name), name)


def wait_for_successor(tusk, pid: int) -> None:
    wait_for(lambda: tusk.server_pids() not in ([pid], []), "a successor")
    wait_for(tusk.is_ready, "the successor to serve")


def take_stack_away(tid: int) -> None:
    """Lets the thread's stack pointer lead nowhere, and ends its system call: it has no place for
    the frame of a signal handler, as after an endless recursion."""
    general = 1  # NT_PRSTATUS
    try:
        tracing.attach(tid)
    except PermissionError:
        pytest.skip("threads of other processes may not be traced here")
    registers = (ctypes.c_uint64 * 27)()  # struct user_regs_struct
    place = (ctypes.c_uint64 * 2)(ctypes.addressof(registers), ctypes.sizeof(registers))
    tracing.ptrace(tracing.GET_REGISTERS, tid, general, ctypes.addressof(place))
    registers[15], registers[19] = 2**64 - 1, 0x8000  # orig_rax: the call does not begin again; rsp
    tracing.ptrace(tracing.SET_REGISTERS, tid, general, ctypes.addressof(place))
    tracing.ptrace(tracing.DETACH, tid)


def line_of(text: str) -> int:
    lines = (PHP_SCRIPTS / "give_up.php").read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


@of_a_script
def test_a_report_names_the_request_and_the_line(start, tmp_path):
    tusk = start("--workers", 2, "--crash-dir", tmp_path)
    report = crash(tusk, "/give_up.php/more?do=wild&password=secret")
    assert report["level"] == "error" and report["generation"] == 1
    assert (report["cause"], report["address"]) == ("SIGSEGV", "0x414141414141")
    assert report["detail"] == "SEGV_MAPERR" and report["thread"].startswith("tusk-worker-")
    assert (report["method"], report["path"]) == ("GET", "/give_up.php/more")
    assert report["host"] == tusk.url.removeprefix("http://")
    assert report["script"] == str(PHP_SCRIPTS / "give_up.php")
    assert report["at"] == f"{PHP_SCRIPTS}/give_up.php:{line_of('0x414141414141')}"
    first, last = report["php_backtrace"].split("() ")[0], report["php_backtrace"].split(" ")[-2]
    assert "{closure" in first and last == "{main}()"
    assert "libphp.so+0x" in report["backtrace"] and "(zend_execute_script+0x" in report["backtrace"]
    assert "secret" not in tusk.log()

    [file] = tmp_path.iterdir()
    assert re.fullmatch(rf"crash-\d{{8}}T\d{{6}}Z-{report['pid']}\.txt", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and str(file) in report["message"]
    text = file.read_text()
    assert "ended by signal SIGSEGV" in text and report["at"] in text and "secret" not in text
    assert "zend_execute_script" in text and re.search(r"[0-9a-f]{40} /\S*tusk-server$", text, re.M)

    # A library that gives up with a lock held; an abort() inside malloc().
    report = crash(tusk, "/give_up.php?do=locked")
    assert report["cause"] == "abort()" and f":{line_of('c->abort();')}" in report["at"]
    report = crash(tusk, "/give_up.php?do=double_free")
    assert report["cause"] == "SIGABRT" and "give_up.php" in report["php_backtrace"]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_crash_of_any_thread_is_reported(start):
    """The loops', the watchdog's and the log's threads; a worker between two requests, or the thread
    that talks to a host of worker processes."""
    tusk = start("--workers", 1, "--io-threads", 2)
    of_engine = "tusk-worker-0" if default_engine() == "threads" else "tusk-host-link"
    for name in ("tusk-server", "tusk-loop", "tusk-watchdog", "tusk-log", of_engine):
        [pid], since = tusk.server_pids(), tusk.log_size()
        tid = thread_id(pid, name)
        assert LIBC.syscall(SYS_TGKILL, pid, tid, signal.SIGSEGV) == 0
        report = next_report(tusk, since)
        assert (report["thread"], report["tid"]) == (name, tid)
        assert report["detail"] == f"sent by process {os.getpid()}"
        assert "request" not in report
        tusk.wait_for_log(rf'"pid":{pid},"signal":"SEGV"', since)
        wait_for_successor(tusk, pid)


@needs_host
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_server_process_that_runs_no_php_reports_its_crash(start, tmp_path, number):
    tusk = start("--engine", "processes", "--workers", 1, "--crash-dir", tmp_path)
    assert tusk.get("/hello.php").text == "Hello World!"
    [pid], since = tusk.server_pids(), tusk.log_size()
    os.kill(pid, number)
    report = next_report(tusk, since)
    assert (report["pid"], report["thread"], report["cause"]) == (pid, "tusk-server", number.name)
    assert report["detail"] == f"sent by process {os.getpid()}" and report["address"] == "none"
    assert re.search(r"(^| )tusk-server\+0x[0-9a-f]+", report["backtrace"])
    assert "request" not in report
    ended = rf'ended by a signal: starts another"[^\n]*"pid":{pid},"signal":"{number.name[3:]}"'
    tusk.wait_for_log(ended, since)
    wait_for_successor(tusk, pid)
    assert tusk.new_client().get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(1, "tusk_process_exits_total", reason="signal")
    [file] = tmp_path.iterdir()
    assert f"ended by signal {number.name}" in file.read_text()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="it changes this processor's registers")
@pytest.mark.parametrize("name", ["tusk-server", "tusk-loop"])
def test_a_loop_whose_stack_is_full_is_reported(start, name):
    tusk = start("--workers", 1, "--io-threads", 2)
    [pid], since = tusk.server_pids(), tusk.log_size()
    tid = thread_id(pid, name)
    take_stack_away(tid)
    report = next_report(tusk, since)
    assert (report["thread"], report["tid"], report["cause"]) == (name, tid, "SIGSEGV")
    assert report["detail"] == "SEGV_MAPERR"
    wait_for_successor(tusk, pid)


def test_a_crash_of_the_supervisor_is_in_the_log(start):
    """It has nobody to report it: it writes the line itself, and its server processes end."""
    tusk = start("--workers", 1)
    [pid] = tusk.server_pids()
    tusk.signal(signal.SIGSEGV)
    assert tusk.wait_for_exit() == -signal.SIGSEGV
    line = json.loads(tusk.wait_for_log(r'\{[^\n]*"message":"the process crashes[^\n]*\n')[0])
    assert (line["cause"], line["detail"]) == ("SIGSEGV", "sent by a process")
    assert " tusk+0x" in line["backtrace"]
    wait_for(lambda: not runs(pid), "the server process to end")


@of_a_script
def test_a_report_says_what_all_workers_did(start, tmp_path):
    """The one that crashed comes first."""
    (tmp_path / "crashes").mkdir()
    tusk = start("--workers", 9, "--crash-dir", tmp_path / "crashes")
    held = [tusk.hold_worker(tmp_path, f"gate{number}") for number in range(7)]
    report = crash(tusk, "/give_up.php?do=wild&password=secret")
    assert report["busy_workers"] == 8
    first, *others = report["running"].split("; ")
    number = report["thread"].removeprefix("tusk-worker-")
    pattern = rf"worker {number}, \d\.\d s, \S+: GET \S+/give_up\.php of 127\.0\.0\.1 by (\S+) \(crashed\)"
    assert re.fullmatch(pattern, first)[1] == str(PHP_SCRIPTS / "give_up.php")
    assert len(others) == 5 and others[-1] == "3 more"
    assert all("GET localhost/gate.php of 127.0.0.1 by " in other for other in others[:-1])
    [file] = (tmp_path / "crashes").iterdir()
    assert file.read_text().count("GET localhost/gate.php of ") == 7
    assert "secret" not in tusk.log() and "until=" not in tusk.log()


def test_the_line_about_a_kill_says_what_all_workers_did(start, tmp_path):
    """A SIGKILL leaves no report."""
    tusk = start("--workers", 2)
    tusk.hold_worker(tmp_path, "again")
    tusk.wait_for_metric(1, "tusk_workers", state="busy")
    ending = ending_by_kill(tusk, "server process ended by a signal: starts another")
    assert ending["busy_workers"] == 1 and "GET localhost/gate.php of " in ending["running"]
    wait_for(tusk.is_ready, "the successor to serve")
    tusk.hold_worker(tmp_path, "draining")
    tusk.wait_for_metric(1, "tusk_workers", state="busy")
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_log("draining: accepts no more connections")
    ending = ending_by_kill(tusk, "server process ended by a signal while it drained")
    assert ending["busy_workers"] == 1 and "GET localhost/gate.php of " in ending["running"]
    assert tusk.wait_for_exit() == 1
    assert "until=" not in tusk.log()


def ending_by_kill(tusk, message: str) -> dict:
    since = tusk.log_size()
    [pid] = tusk.server_pids()
    os.kill(pid, signal.SIGKILL)
    text = tusk.wait_for_log(rf'\{{[^\n]*"message":"{message}[^\n]*\n', since)[0]
    assert '"signal":"KILL"' in text
    return json.loads(text)


@of_a_script
def test_threads_that_crash_at_once_make_one_report(start, tmp_path):
    """All four run before one may crash: a request that had to wait would crash the successor."""
    tusk = start("--workers", 4)
    [pid], since = tusk.server_pids(), tusk.log_size()
    go = tmp_path / "go"
    url = f"{tusk.url}/give_up.php?do=wild&once_there={go}"
    with ThreadPoolExecutor(4) as clients:
        asked = [clients.submit(ask_to_crash, url) for _ in range(4)]
        tusk.wait_for_metric(4, "tusk_workers", state="busy")
        go.touch()
    assert [one.result() for one in asked] == [None] * 4
    tusk.wait_for_log(rf'"pid":{pid},"signal":"SEGV"', since)
    assert next_report(tusk, since)["cause"] == "SIGSEGV"
    wait_for_successor(tusk, pid)
    assert tusk.log().count(CRASHED) == 1


def ask_to_crash(url: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(url, trust_env=False)


def test_a_script_cannot_reach_the_record(start_tusk, make_root):
    """Its descriptor is closed, and its variable is not in the environment."""
    root = make_root({"environment.php": "<?php echo json_encode(getenv());"})
    tusk = start_tusk(root, "--workers", 1, supervised=True)
    [pid] = tusk.server_pids()
    assert not any("tusk-crash" in file for file in open_files(pid))
    assert "TUSK_CRASH_FD" not in tusk.get("/environment.php").json()


@of_a_script
def test_without_a_supervisor_the_process_names_the_line(start_tusk):
    tusk = start_tusk(PHP_SCRIPTS, "-d", "ffi.enable=true", "--workers", 1)
    with pytest.raises(httpx.TransportError):
        tusk.get("/give_up.php?do=wild")
    assert tusk.wait_for_exit() == -signal.SIGSEGV
    line = line_of("0x414141414141")
    tusk.wait_for_log(rf"the process crashes[^\n]* at=\S*/give_up\.php:{line} request=1 ")
