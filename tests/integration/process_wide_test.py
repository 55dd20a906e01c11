"""State that libc keeps once for the process and that scripts treat as their own: answers in
static buffers, users and groups, the session, limits, signals, the log's file. Each request has
its own, or the change is refused, and the server stays unchanged."""

import json
import os
import signal

import pytest

from harness.engine import default_engine
from harness.server import PHP_SCRIPTS, needs_signals
from harness.wait import wait_for

IGNORED = ("SIGPIPE", "SIGXFSZ", "SIGTTOU", "SIGTTIN", "SIGUSR2")


def status_of(pid: int) -> dict:
    with open(f"/proc/{pid}/status") as status:
        return dict(line.split(":", 1) for line in status.read().splitlines())


def identity_of(pid: int) -> tuple:
    """Returns users, groups, process group, session and limits of each thread."""
    threads = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        status = status_of(f"{pid}/task/{thread}")
        threads.append((status["Uid"], status["Gid"], status["Groups"]))
    with open(f"/proc/{pid}/limits") as limits:
        return set(threads), os.getpgid(pid), os.getsid(pid), limits.read()


# --- answers ---


def test_answers_of_libcs_databases_belong_to_the_caller(start_tusk):
    """8 threads make 80,000 lookups at the same time: none gets the answer to another's lookup."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 8)
    requests = [
        tusk.raw().request("GET", "/shared_answers.php?calls=10000") for _ in range(8)
    ]
    answers = [request.response().text for request in requests]
    right = {"getservbyname": 0, "getservbyport": 0, "getprotobyname": 0, "getprotobynumber": 0}
    for answer in answers:
        if answer.startswith("this machine"):
            pytest.skip(answer)
        assert json.loads(answer) == right


def test_readline_functions_are_absent(start_tusk, make_root):
    """libedit has one history for the process: two requests that add to it would corrupt the
    heap."""
    root = make_root(
        {
            "readline.php": """<?php
            $names = array_filter(get_defined_functions()['internal'], fn ($n) => str_starts_with($n, 'readline'));
            echo json_encode([array_values($names), extension_loaded('readline'), defined('READLINE_LIB')]);
            """
        }
    )
    assert start_tusk(root).get("/readline.php").json() == [[], True, True]


# --- changes to the process ---

CHANGES = [
    "posix_setuid(12345)",
    "posix_seteuid(12345)",
    "posix_setgid(12345)",
    "posix_setegid(12345)",
    "posix_initgroups('nobody', 65534)",
    "posix_setrlimit(POSIX_RLIMIT_NOFILE, 20, 20)",
    "posix_setrlimit(POSIX_RLIMIT_FSIZE, 1, 1)",
    "posix_setrlimit(POSIX_RLIMIT_CPU, 1, 1)",
    "posix_setrlimit(POSIX_RLIMIT_AS, 1 << 20, 1 << 20)",
    "posix_setsid() !== -1",
    "posix_setpgid(0, 0)",
    "posix_setpgid(getmypid(), 0)",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_script_cannot_change_the_process(start_tusk, make_root, change):
    """It gets false and EPERM; every thread of the server stays unchanged, for later requests
    too."""
    root = make_root(
        {
            "change.php": f"<?php echo json_encode([{change}, posix_strerror(posix_get_last_error())]);"
            if "initgroups" not in change and "setsid" not in change
            else f"<?php echo json_encode([{change}, 'Operation not permitted']);",
        }
    )
    # The server does not lead its session here: if it did, setsid() would fail for that reason.
    tusk = start_tusk(root, "--workers", 2)
    before = identity_of(tusk.pid)
    for _ in range(4):
        assert tusk.get("/change.php").json() == [False, "Operation not permitted"]
    assert identity_of(tusk.pid) == before


@pytest.mark.since_php("8.3", "posix_getrlimit() takes an argument")
def test_a_call_that_changes_nothing_succeeds(start_tusk, make_root):
    """It also succeeds in an unprivileged process of PHP-FPM."""
    root = make_root(
        {
            "same.php": """<?php
            $limits = posix_getrlimit(POSIX_RLIMIT_CORE);
            $n = fn ($limit) => $limit === 'unlimited' ? POSIX_RLIMIT_INFINITY : $limit;
            echo json_encode([posix_setuid(posix_getuid()), posix_seteuid(posix_geteuid()),
                posix_setgid(posix_getgid()), posix_setegid(posix_getegid()),
                posix_setpgid(0, posix_getpgrp()),
                posix_setrlimit(POSIX_RLIMIT_CORE, $n($limits[0]), $n($limits[1]))]);
            """
        }
    )
    assert start_tusk(root).get("/same.php").json() == [True] * 6


@needs_signals
def test_a_forked_process_is_the_scripts_own(start_tusk, make_root):
    """A script may change it freely: session, group, limits, signals."""
    root = make_root(
        {
            "fork.php": """<?php
            $file = tempnam(sys_get_temp_dir(), 'own');
            $child = pcntl_fork();
            if ($child === 0) {
                $got = [posix_setrlimit(POSIX_RLIMIT_FSIZE, 100000, 100000),
                    posix_setsid() === getmypid(), posix_getpgrp() === getmypid()];
                pcntl_async_signals(true);
                pcntl_signal(SIGUSR1, function () use (&$got) { $got[] = 'handled'; });
                posix_kill(getmypid(), SIGUSR1);
                file_put_contents($file, json_encode($got));
                exit;
            }
            pcntl_waitpid($child, $status);
            readfile($file);
            unlink($file);
            """
        }
    )
    tusk = start_tusk(root)
    before = identity_of(tusk.pid)
    assert tusk.get("/fork.php").json() == [True, True, True, "handled"]
    assert identity_of(tusk.pid) == before


# --- signals ---


def test_no_number_of_the_server_can_be_signalled(start_tusk, make_root):
    """The kernel accepts a thread's number for its process's. Signals to groups, to all
    processes, and to the parent, which may supervise the server, are refused too. A worker process
    has one thread, and its parent is the PHP host."""
    root = make_root(
        {
            "kill.php": """<?php
            $numbers = array_map('intval', array_diff(scandir('/proc/self/task'), ['.', '..']));
            $numbers[] = getmypid();
            $others = [0, -1, -posix_getpgrp(), posix_getppid()];
            $got = [];
            $kill = function (int $number, int $signal) use (&$got) {
                $got[] = posix_kill($number, $signal) ? 'sent' : posix_strerror(posix_get_last_error());
            };
            foreach ($numbers as $number) foreach ([SIGTERM, SIGKILL, SIGSTOP, SIGUSR1] as $signal) {
                $kill($number, $signal);
            }
            foreach ($others as $number) $kill($number, SIGWINCH);  // one that harms nobody
            echo json_encode([count($numbers), array_unique($got), posix_kill(getmypid(), 0)]);
            """
        }
    )
    tusk = start_tusk(root, "--workers", 4)
    for _ in range(2):
        threads, answers, is_there = tusk.get("/kill.php").json()
        assert (answers, is_there) == (["Operation not permitted"], True)
        # Its own number is among them in any case.
        assert threads > 4 if default_engine() == "threads" else threads == 2
    assert status_of(tusk.pid)["State"].split()[0] != "T"


def test_a_script_waits_for_no_signal_of_the_servers(start_tusk, make_root):
    """SIGTERM ends the server, although a script waits for it."""
    root = make_root(
        {
            "wait.php": """<?php
            touch("$_GET[dir]/waiting");
            while (!file_exists("$_GET[dir]/enough")) {
                $got = pcntl_sigtimedwait([SIGTERM, SIGHUP, SIGCHLD], $info, 0, 50_000_000);
                if ($got !== false && $got !== -1) exit("took $got");
                clearstatcache();
            }
            echo 'none';
            """
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    with tusk.raw() as client:
        client.request("GET", f"/wait.php?dir={root}")
        wait_for(lambda: (root / "waiting").exists(), "the script to wait")
        tusk.signal(15)
        tusk.wait_for_log("draining")
        (root / "enough").touch()
        assert client.response().text == "none"
    assert tusk.wait_for_exit() == 0


def test_signals_that_would_end_or_stop_the_server_are_ignored(start_tusk, make_root):
    """Programs that scripts start have the default handlers."""
    root = make_root(
        {"child.php": "<?php echo shell_exec('grep ^SigIgn: /proc/self/status');"}
    )
    tusk = start_tusk(root)
    wanted = sum(1 << (getattr(signal, name) - 1) for name in IGNORED)
    assert int(status_of(tusk.pid)["SigIgn"], 16) & wanted == wanted
    assert int(tusk.get("/child.php").text.split(":")[1], 16) & wanted == 0


def test_a_file_above_the_limit_does_not_end_the_server(start_tusk, make_root):
    """An upload, and a file that a script writes, above RLIMIT_FSIZE (systemd's LimitFSIZE=)."""
    root = make_root(
        {
            "upload.php": "<?php echo 'uploaded';",
            "write.php": """<?php
            $file = tempnam(sys_get_temp_dir(), 'big');
            $written = @file_put_contents($file, str_repeat('x', 12 << 20));
            unlink($file);
            echo json_encode($written);
            """,
            "hello.php": "<?php echo 'hello';",
        }
    )
    size = 8 << 20  # more than what the server shares with each worker process
    tusk = start_tusk(root, "--body-memory-bytes", 65536, wrapper=["prlimit", f"--fsize={size}:{size}"])
    assert tusk.post("/upload.php", content=b"x" * (size + 1)).status_code >= 400
    assert tusk.get("/write.php").json() in (False, size)
    assert tusk.get("/hello.php").text == "hello"


# --- the log's file ---


@pytest.mark.parametrize(
    "how",
    [
        "ftruncate(fopen('php://stderr', 'w'), 0)",
        "ftruncate(fopen($_GET['file'], 'r+'), 0)",
        "ftruncate(fopen('php://stdout', 'w'), 0)",
        "[fseek($f = fopen('php://stderr', 'w'), 0), fwrite($f, 'over it')][0] > 0",
        "[rewind($f = fopen('php://stdout', 'w')), fwrite($f, 'over it')][1] === false",
        "[stream_set_blocking(fopen('php://stderr', 'w'), false), false][1]",
        "[file_put_contents('/dev/stderr', 'over it'), false][1]",
        "[file_put_contents('/proc/self/fd/2', 'over it'), false][1]",
        "[file_put_contents($_GET['file'], 'over it', LOCK_EX), false][1]",
        "[fwrite(fopen($_GET['file'], 'r+'), 'over it'), false][1]",
        "[fwrite(fopen($_GET['file'], 'c'), 'over it'), false][1]",
        "[ftruncate(fopen($_GET['file'], 'w+'), 0), false][0]",
        "[(new SplFileObject($_GET['file'], 'w'))->fwrite('over it'), false][1]",
    ],
)
def test_the_servers_log_cannot_be_emptied_or_overwritten(start_tusk, make_root, how):
    """Its lines stay, and new ones are added."""
    root = make_root({"empty.php": f"<?php echo json_encode({how}); error_log('still there');"})
    tusk = start_tusk(root)
    before = tusk.stderr_file.read_bytes()
    assert before
    assert tusk.get("/empty.php", params={"file": str(tusk.stderr_file)}).json() is False
    tusk.wait_for_log("still there")
    assert tusk.stderr_file.read_bytes().startswith(before)


def test_another_file_can_be_truncated(start_tusk, make_root, tmp_path):
    """Only the server's own files are protected."""
    root = make_root(
        {
            "own.php": f"""<?php
            file_put_contents('{tmp_path}/own', 'long text');
            $f = fopen('{tmp_path}/own', 'w+');
            fwrite($f, 'text');
            rewind($f);
            fwrite($f, 'T');
            var_dump(ftruncate($f, 2));"""
        }
    )
    assert start_tusk(root).get("/own.php").text == "bool(true)\n"
    assert (tmp_path / "own").read_text() == "Te"
