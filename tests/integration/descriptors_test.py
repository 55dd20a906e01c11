"""Descriptors: which request owns them, and which numbers they have."""

import contextlib
import json
import os
import re
import resource
import socket
import subprocess
from pathlib import Path

import pytest

from harness.engine import ENGINES, is_thread_safe
from harness.php_build import libphp
from harness.server import BINARY, PHP_SCRIPTS, REPOSITORY
from harness.wait import wait_for
from harness.worker_processes import HOST

# Functions of libc that open or close descriptors. Functions that close everything they open before
# they return (glob, scandir, getaddrinfo) need no entry.
MAKERS = r"""
    (__)?open(at)?(64)?(_2)? creat(64)? mk(o?)stemps?(64)? memfd_create fopen(64)? freopen(64)?
    tmpfile(64)? opendir socket socketpair accept4? recvm?msg pipe2? openpty forkpty posix_openpt getpt
    eventfd epoll_create1? timerfd_create signalfd inotify_init1? fanotify_init perf_event_open
    userfaultfd pidfd_open pidfd_getfd shm_open mq_open dup[23]? fcntl(64)? io_uring_setup
    open_by_handle_at fsopen fsmount open_tree
    close closedir fclose fcloseall close_range closefrom
""".split()

# No script's call leads to them.
NOT_FOR_SCRIPTS = {
    "shm_open",  # OPcache's shared memory, at the start; a part of libphp since PHP 8.5
    "recvmmsg",  # datagrams of QUIC in OpenSSL 3.5
}


def _symbols(path, *options) -> set:
    listed = subprocess.run(["nm", "-D", *options, path], capture_output=True, text=True, check=True)
    return {line.split()[-1].partition("@")[0] for line in listed.stdout.splitlines() if line}


def _libraries() -> list:
    """Returns libphp and the libraries that it loads, except libc."""
    listed = subprocess.run(["ldd", libphp()], capture_output=True, text=True, check=True).stdout
    others = re.findall(r"=> (/\S+)", listed)
    return [str(libphp())] + [path for path in others if not re.search(r"/(libc|ld-\w+|libm)\.so", path)]


@pytest.mark.skipif(not (REPOSITORY / "tools/setup/php.sh").exists(), reason="needs the build of PHP")
def test_every_function_that_opens_descriptors_is_replaced():
    """Each function of libc with which PHP or one of its libraries opens a descriptor goes
    through the ledger (src/php/descriptors/libc_descriptors.cc). A new one that is reported here
    must be replaced too."""
    pattern = re.compile("|".join(f"(?:{maker})" for maker in MAKERS))
    ours = _symbols(BINARY if is_thread_safe() else HOST, "--defined-only")
    libraries = _libraries()
    assert len(libraries) > (10 if is_thread_safe() else 5)
    imported = {}
    for library in libraries:
        for name in _symbols(library, "--undefined-only"):
            if pattern.fullmatch(name):
                imported.setdefault(name, []).append(library.rpartition("/")[2])
    assert {"open", "socket", "close", "fcntl"} <= set(imported)
    assert {name: by for name, by in imported.items() if name not in ours | NOT_FOR_SCRIPTS} == {}


# --- low numbers are for scripts ---

SELECTED = {"stream_select": 2, "socket_select": 2, "proc_open": "err out0"}
MANY = ("--max-connections", 100_000, "--max-connections-per-client", 100_000)


@pytest.fixture
def many_descriptors():
    """Raises the limit of this process, which is every client."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 4096:
        pytest.skip("needs 4,096 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _connect(tusk, count: int, text: bytes) -> list:
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", tusk.port))
        connection.sendall(text)
        connections.append(connection)
    return connections


def _numbers(tusk) -> dict:
    directory = f"/proc/{tusk.pid}/fd"
    found = {}
    for name in os.listdir(directory):
        try:
            found[int(name)] = os.readlink(f"{directory}/{name}")
        except FileNotFoundError:
            pass
    return found


def test_select_works_beside_many_clients(start_tusk, make_root, many_descriptors, tmp_path):
    """With 1,100 idle clients, files being sent, bodies arriving and responses waiting for their
    clients, no descriptor of the server has a number that scripts need for select()."""
    spool = "<?php for ($i = 0; $i < 64; $i++) { echo str_repeat('x', 65536); flush(); } touch($_GET['done']);"
    root = make_root(
        {
            "small.txt": "small",
            "large.bin": b"x" * 30_000_000,
            "spool.php": spool,
            "select.php": (PHP_SCRIPTS / "select.php").read_text(),
        }
    )
    tusk = start_tusk(root, *MANY, "--workers", 2, "--body-memory-bytes", 1024, "--temp-dir", tmp_path)
    if not _can_have(tusk, 2048):
        pytest.skip("the server may not have so many descriptors")
    idle = _connect(tusk, 1100, b"GET /small.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection in idle:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    done = tmp_path / "done"
    busy = _connect(tusk, 3, b"GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
    busy += _connect(tusk, 1, f"GET /spool.php?done={done} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    body = b"POST /select.php HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + b"x" * 100000
    busy += _connect(tusk, 3, body)
    wait_for(done.exists, "a response in the spool")

    def kinds() -> str:
        return " ".join(target for fd, target in _numbers(tusk).items() if fd >= 1024)

    wait_for(lambda: all(k in kinds() for k in ("large.bin", "memfd:tusk-response", str(tmp_path) + "/#")), "files above")
    for _ in range(3):
        assert tusk.get("/select.php").json() == SELECTED
    numbers = _numbers(tusk)
    assert len([fd for fd in numbers if fd >= 1024]) > 850
    assert {fd: target for fd, target in numbers.items() if 256 <= fd < 1024} == {}
    for connection in idle + busy:
        connection.close()


def _can_have(tusk, count: int) -> bool:
    limits = Path(f"/proc/{tusk.pid}/limits").read_text()
    return int(re.search(r"Max open files\s+(\d+)", limits)[1]) >= count


@pytest.mark.parametrize("limit, at_least", [(1000, 900), (1100, 1000)])
def test_accepting_pauses_at_the_limit(start_tusk, many_descriptors, limit, at_least):
    """With high numbers or without, the server accepts as many clients as the limit allows,
    scripts still find descriptors, and accepting resumes when clients have left."""
    tusk = start_tusk(
        *(PHP_SCRIPTS, *MANY, "--workers", 2, "--header-timeout", "60s"),
        wrapper=("prlimit", f"--nofile={limit}:{limit}"),
    )
    rest = b"Host: a\r\nConnection: close\r\n\r\n"
    held = _connect(tusk, limit + 100, b"GET /select.php HTTP/1.1\r\n")  # nobody to be sent away
    tusk.wait_for_log("out of file descriptors")
    wait_for(lambda: len(_numbers(tusk)) >= at_least, "all that may be let in")
    assert len(_numbers(tusk)) < limit - 30, "some must be left for scripts"
    held[0].sendall(rest)
    answer = b"".join(iter(lambda: held[0].recv(10000), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == SELECTED
    for connection in held:
        connection.close()
    tusk.wait_for_log("accepting resumes")
    assert tusk.get("/select.php").json() == SELECTED


# Each way opens all it can, and tells what it has.
WAYS = {
    "files": "fopen('/dev/null', 'r')",
    "directories": "opendir('/')",
    "sockets": "socket_create(AF_INET, SOCK_STREAM, 0)",
    "pairs": "stream_socket_pair(AF_UNIX, SOCK_STREAM, 0)",
    "temporary": "tmpfile()",
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_script_that_opens_all_it_can_leaves_some_to_others(start_tusk, make_root, tmp_path, engine):
    """Two at a time, while others open files, send large bodies and connect. It may open more when it has closed
    some."""
    hold = """<?php
      $open = [];
      $make = function () { return match ($_GET['way']) { %s }; };
      while ($one = @$make()) $open[] = $one;
      $first = count($open);
      $open = array_slice($open, intdiv($first, 2));
      for ($more = 0; $one = @$make(); $more++) $open[] = $one;
      array_shift($open);
      touch($_GET['began']);  // needs one
      array_push($open, $make());
      while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
      echo json_encode([$first, $more]);"""
    ways = ", ".join(f"'{name}' => {how}" for name, how in WAYS.items())
    other = """<?php
      $files = [fopen(__FILE__, 'r'), tmpfile()];
      echo strlen(file_get_contents('php://input')), json_encode(array_map(is_resource(...), $files));"""
    root = make_root({"hold.php": hold % ways, "other.php": other, "file.txt": "text"})
    tusk = start_tusk(
        root, *("--engine", engine, "--workers", 4, "--body-memory-bytes", "64KiB"),
        wrapper=("prlimit", "--nofile=2000:2000"),
    )
    for way in WAYS:
        gate = tmp_path / f"gate-{way}"
        held = []
        for number in range(2):
            began = tmp_path / f"began-{way}-{number}"
            held.append(tusk.raw().request("GET", f"/hold.php?way={way}&began={began}&until={gate}"))
            wait_for(began.exists, "all to be open")
        with tusk.new_client() as client:
            assert client.post("/other.php", content=b"x" * 300_000).text == "300000[true,true]"
            assert client.get("/file.txt").text == "text"
        gate.touch()
        for connection in held:
            first, more = json.loads(connection.response().text)
            assert first > 100 and 0 <= first // 2 - more <= 1, way
    assert "descriptors" not in tusk.log() and "document root" not in tusk.log()


@pytest.mark.parametrize("engine", ENGINES)
def test_several_scripts_that_open_all_they_can_leave_some_to_others(start_tusk, make_root, tmp_path, engine):
    """Each may have a quarter. Five at a time leave some to clients, files and other scripts, which get theirs
    back when they end."""
    hold = """<?php
      for ($open = []; $one = @fopen('/dev/null', 'r');) $open[] = $one;
      $count = count($open);
      $open = array_slice($open, 2);
      touch($_GET['began']);
      while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
      echo $count;"""
    other = """<?php
      for ($files = []; count($files) < 32; ) $files[] = fopen(__FILE__, 'r');
      include 'other.inc';
      echo strlen(file_get_contents('php://input')), json_encode(array_unique(array_map(is_resource(...), $files)));"""
    root = make_root({"hold.php": hold, "other.php": other, "other.inc": "<?php ", "file.txt": "text"})
    tusk = start_tusk(
        root, *("--engine", engine, "--workers", 7, "--body-memory-bytes", "64KiB"),
        wrapper=("prlimit", "--nofile=2000:2000"),
    )
    gate, held = tmp_path / "gate", []
    for number in range(5):
        began = tmp_path / f"began-{number}"
        held.append(tusk.raw().request("GET", f"/hold.php?began={began}&until={gate}"))
        wait_for(began.exists, "all to be open")
    clients = [tusk.new_client() for _ in range(40)]
    for client in clients:
        assert client.post("/other.php", content=b"x" * 300_000).text == "300000[true]"
        assert client.get("/file.txt").text == "text"
    gate.touch()
    counts = [int(connection.response().text) for connection in held]
    assert counts[0] > 400 and min(counts) >= 60, counts
    again = tusk.raw().request("GET", f"/hold.php?began={gate}&until={gate}")
    assert int(again.response().text) > 400
    assert "descriptors" not in tusk.log() and "document root" not in tusk.log()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_internal_server_takes_no_descriptors_from_clients(start_tusk, many_descriptors, engine):
    """Any program of the machine reaches its port: a script, say. Connections that wait for nothing, or for
    the rest of a request, make room for others."""
    tusk = start_tusk(
        PHP_SCRIPTS, *("--engine", engine, "--workers", 2, "--header-timeout", "60s", "--idle-timeout", "60s"),
        wrapper=("prlimit", "--nofile=700:700"),
    )
    port = int(tusk.admin_url.rpartition(":")[2])
    http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    parts = (b"", b"GET /metrics HTTP/1.1\r\nHost: a\r\n", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", http2)
    held = []
    for number in range(900):
        connection = socket.create_connection(("127.0.0.1", port))
        held.append(connection)
        with contextlib.suppress(ConnectionError):
            connection.sendall(parts[number % len(parts)])
    for _ in range(30):
        assert tusk.new_client().get("/hello.php").text == "Hello World!"
    wait_for(tusk.is_ready, "the internal server to answer others")
    assert len(_numbers(tusk)) < 450
    assert tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "2xx"}) == 30
    assert "the internal server has many connections" in tusk.log()
    assert "out of file descriptors" not in tusk.log()
    for connection in held:
        connection.close()
