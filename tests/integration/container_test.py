"""tusk in a container as Docker makes one, without capabilities: Docker's default filter of system calls, simulated
by harness/container.py, and an unprivileged user. Everything but another user for a pool works."""

import errno
import hashlib
import json
import os
import platform
import pwd
import signal
import subprocess
from pathlib import Path

import pytest

from harness import container, reachable
from harness.engine import ENGINES, needs_host
from harness.wait import wait_for
from harness.worker_processes import children, host_of, hosts_of

pytestmark = pytest.mark.skipif(
    not container.is_possible(), reason="only root with all capabilities and libseccomp can simulate a container")

SITE = {
    "facts.php": "<?php echo json_encode(['pid' => getmypid(), 'uid' => posix_geteuid(), 'n' => $_GET['n'] ?? null]);",
    "upload.php": "<?php echo json_encode([md5_file($_FILES['f']['tmp_name']), filesize($_FILES['f']['tmp_name'])]);",
    "body.php": "<?php echo md5(file_get_contents('php://input'));",
    "big.php": "<?php echo str_repeat('0123456789abcdef', 20 << 16);",
    "gate.php": "<?php echo 'first'; flush(); file_put_contents($_GET['began'], getmypid());"
                " while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); } echo 'second';",
    "loop.php": "<?php while (true);",
    "sleep.php": "<?php sleep(3600);",
    "exec.php": "<?php echo exec('echo a | tr a b');",
    "session.php": "<?php session_start(); echo $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;",
    "app.php": """<?php
        class Memory { public static array $seen = []; }
        $count = 0;
        while (tusk_handle_request(function () use (&$count) {
            Memory::$seen[] = $_GET['n'] ?? '';
            $GLOBALS['more'][] = str_repeat('x', 100000);
            switch ($_GET['do'] ?? '') {
                case 'loop': while (true);
                case 'gate': file_put_contents($_GET['began'], getmypid()); while (true) usleep(1000);
                case 'upload': echo md5_file($_FILES['f']['tmp_name']); return;
            }
            echo json_encode([++$count, Memory::$seen, count($GLOBALS['more']), getmypid()]);
        }));""",
}


@pytest.fixture
def wrapped(tmp_path) -> tuple:
    """The words before a command that put it into the container."""
    if not reachable.is_possible():
        pytest.skip("another user than root cannot reach tusk and its PHP")
    reachable.open_to_all(tmp_path)
    mounts = tmp_path / "mounts"
    mounts.mkdir()
    return (*reachable.wrapper(mounts), *container.launcher())


@pytest.fixture
def own(tmp_path) -> Path:
    """A directory in which the container may write."""
    made = tmp_path / "own"
    made.mkdir()
    made.chmod(0o777)
    return made


@pytest.fixture
def start(start_tusk, make_root, wrapped, own):
    """start(engine, pools, *args) starts a supervised server in the container."""

    def start_in_container(engine, pools="", *args, **options):
        root = make_root(SITE)
        file = own / "tusk.toml"
        file.write_text(f"engine = '{engine}'\nworkers = 2\n" + pools.replace("ROOT", str(root)))
        socket = own / "control.sock"
        server = start_tusk(root, "--config", file, "-d", f"session.save_path={own}",
                            "-d", "upload_max_filesize=8M", "-d", "output_buffering=0", *args, wrapper=wrapped,
                            env={"TMPDIR": own, "CONTROL_SOCKET": socket}, supervised=True, **options)
        server.control_socket = socket
        return server

    return start_in_container


REWOUND = "[[pool]]\nname = 'app'\nscript = 'ROOT/app.php'\nmode = 'rewind'\nworkers = 2\n"


def status_of(pid: int) -> dict:
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def assert_is_contained(pid: int) -> None:
    status = status_of(pid)
    assert set(status["Uid"].split()) == {str(pwd.getpwnam(container.USER).pw_uid)}
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["Seccomp"].strip() == "2"


def pid_in(file: Path) -> int:
    """What the script has written that waits at a gate."""
    return int(wait_for(lambda: file.exists() and file.read_text(), "the script to begin"))


PROBE = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
def error_of(words):
    ctypes.set_errno(0)
    libc.syscall(*[ctypes.c_long(word) for word in words])
    return ctypes.get_errno()
print(json.dumps([error_of(words) for words in json.loads(sys.argv[1])]))
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
def test_the_simulated_filter_denies_what_dockers_does():
    """Each with its error, which is another one than the kernel gives for these arguments, or to this user."""
    denied = {
        "userfaultfd": [323, -1], "io_uring_setup": [425, 0, 0], "unshare": [272, 0], "setns": [308, -1, 0],
        "clone": [56, 0x10000011], "mount": [165, 0, 0, 0, 0, 0], "fsopen": [430, 0, 0], "bpf": [321, 99, 0, 0],
        "perf_event_open": [298, 0, 0, 0, 0, 0], "keyctl": [250, 99], "add_key": [248, 0, 0, 0, 0, 0],
        "open_by_handle_at": [304, -1, 0, 0], "another personality": [135, 0x40000], "kcmp": [312, -1, -1, 0, 0, 0],
        "pidfd_getfd": [438, -1, 0, 0], "process_madvise": [440, -1, 0, 0, 0, 0], "get_mempolicy": [239, 0, 0, 0, 0, 0],
        "socket of ciphers": [41, 38, 5, 0], "socket of a virtual machine": [41, 40, 1, 0],
    }  # fmt: skip
    missing = {"clone3": [435, 0, 0], "newer": [475, 0]}
    allowed = {
        "getpid": [39], "this personality": [135, 0xFFFFFFFF], "socket": [41, 1, 1, 0], "memfd_create": [319, 0, 0],
        "process_vm_readv": [310, 1 << 30, 0, 0, 0, 0, 0],
    }  # fmt: skip
    calls = [*denied.values(), *missing.values(), *allowed.values()]
    done = subprocess.run([*container.launcher(), "/usr/bin/python3", "-c", PROBE, json.dumps(calls)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    errors = dict(zip([*denied, *missing, *allowed], json.loads(done.stdout)))
    assert {name: errors[name] for name in denied} == dict.fromkeys(denied, errno.EPERM)
    assert {name: errors[name] for name in missing} == dict.fromkeys(missing, errno.ENOSYS)
    assert {name: errors[name] for name in allowed} == dict.fromkeys(allowed, 0) | {"memfd_create": errno.EFAULT}


@pytest.mark.parametrize("engine", ENGINES)
def test_requests_of_every_kind(start, engine, own):
    """Pages, uploads that stay in memory and that go to a file, large responses, streams, programs, sessions."""
    tusk = start(engine)
    facts = tusk.get("/facts.php").json()
    server = tusk.server_pids()[0]
    for pid in {tusk.pid, server, facts["pid"], *hosts_of(server)}:
        assert_is_contained(pid)
    for size in (100, 60_000, 3_000_000):
        content = os.urandom(size)
        digest = hashlib.md5(content).hexdigest()
        assert tusk.post("/upload.php", files={"f": content}).json() == [digest, size]
        assert tusk.post("/body.php", content=content).text == digest
    assert tusk.get("/big.php").text == "0123456789abcdef" * (20 << 16)
    assert tusk.get("/exec.php").text == "b"
    assert [tusk.get("/session.php").text for _ in range(3)] == ["1", "2", "3"]
    gate, began = own / "gate", own / "began"
    with tusk.client.stream("GET", f"/gate.php?until={gate}&began={began}") as answer:
        pieces = answer.iter_text()
        assert next(pieces) == "first"  # while the script goes on
        gate.touch()
        assert "".join(pieces) == "second"


@pytest.mark.parametrize("engine", ENGINES)
def test_time_limits(start, engine):
    """Of a script that loops and of one that waits in a call: 504, and the next request is served."""
    tusk = start(engine, "", "--request-timeout", "2s", "-d", "max_execution_time=0")
    for path in ("/loop.php", "/sleep.php"):
        assert tusk.get(path).status_code == 504
        assert tusk.get("/facts.php?n=7").json()["n"] == "7"


@needs_host
def test_a_crash_costs_one_request(start, own):
    tusk = start("processes")
    gate, began = own / "gate", own / "began"
    [server] = tusk.server_pids()
    connection = tusk.raw().request("GET", f"/gate.php?until={gate}&began={began}")
    os.kill(pid_in(began), signal.SIGSEGV)
    assert connection.head().status == 200
    assert b"second" not in connection.read_to_end()  # and it has no end of its chunks
    answers = [tusk.get(f"/facts.php?n={n}") for n in range(20)]
    assert [answer.json()["n"] for answer in answers] == [str(n) for n in range(20)]
    wait_for(lambda: len(children(host_of(server))) == 2, "another worker")
    tusk.wait_for_log(r'its request with it .*how="killed by signal 11 \(SIGSEGV\)" request=1')


@needs_host
def test_scripts_can_be_looked_at(start, own):
    """The server reads its workers' memory, which it needs no capability for."""
    tusk = start("processes", "", "--slow-request", "200ms")
    gate, began = own / "gate", own / "began"
    connection = tusk.raw().request("GET", f"/gate.php?until={gate}&began={began}")
    wait_for(lambda: "gate.php:1" in tusk.admin("/backtraces").text, "a backtrace")
    gate.touch()
    assert connection.response().text == "firstsecond"
    assert "cannot be looked at" not in tusk.log()


@needs_host
def test_a_rewound_pool(start, own):
    """It serves, forgets, takes uploads, and loses one request by a crash and by a time limit."""
    tusk = start("processes", REWOUND, "--request-timeout", "5s")
    [server] = tusk.server_pids()

    def ask(n="", **params):
        return tusk.get("/app.php", params={"n": n, **params})

    for n in range(50):
        count, seen, more, pid = ask(n).json()
        assert (count, seen, more) == (1, [str(n)], 1)
    assert_is_contained(pid)
    [host] = [each for each in hosts_of(server) if pid in children(each)]
    content = os.urandom(2_000_000)
    digest = hashlib.md5(content).hexdigest()
    assert tusk.post("/app.php?do=upload", files={"f": content}).text == digest
    began = own / "began"
    connection = tusk.raw().request("GET", f"/app.php?do=gate&began={began}")
    os.kill(pid_in(began), signal.SIGSEGV)
    assert connection.response().status == 502
    assert ask("a").json()[:3] == [1, ["a"], 1]
    assert ask(do="loop").status_code == 504
    assert [ask("b").json()[:3] for _ in range(20)] == [[1, ["b"], 1]] * 20
    assert ask().json()[3] in children(host)


@pytest.mark.parametrize("engine", ENGINES)
def test_reloads(start, engine):
    """Of the configuration, and of PHP. What the commands say is the same as outside of a container."""
    tusk = start(engine, REWOUND)
    before = tusk.get("/facts.php").json()["pid"], tusk.get("/app.php").json()[3]
    for words in (("reload", "--php"), ("reload", "--new-generation")):
        done = tusk.command(*words)
        assert done.returncode == 0, done.stderr
        with tusk.new_client() as client:  # a connection that is kept stays with its server process
            after = client.get("/facts.php").json()["pid"], client.get("/app.php").json()[3]
            assert not {*before} & {*after}
            assert client.get("/app.php?n=c").json()[:3] == [1, ["c"], 1]
        before = after


@needs_host
def test_another_user_for_a_pool_is_refused(start):
    """The one thing that needs capabilities. tusk says so and does not start."""
    tusk = start("processes", "[[pool]]\nname = 'own'\nmatch = '/facts.php'\nuser = 'daemon'\nworkers = 1\n", ready=False)
    assert tusk.wait_for_exit() != 0
    assert "daemon" in tusk.log()
