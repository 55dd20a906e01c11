"""Processes that scripts start: what they inherit, and that they harm neither the server nor
other scripts."""

import concurrent.futures
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.engine import php_processes
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for
from harness.worker_processes import children

WAYS = ["exec", "shell_exec", "passthru", "popen", "proc_open", "proc_open array"]


def child(tusk, command: str, by: str = "exec", **params) -> str:
    response = tusk.get("/child.php", params={"command": command, "by": by} | params)
    assert response.status_code == 200, response.text
    return response.text


# --- signals ---


@pytest.mark.parametrize("by", WAYS)
def test_a_child_has_no_signal_blocked_and_none_ignored(tusk, by):
    """Whatever the server does with signals on its threads, a child starts as from a shell."""
    masks = dict(re.findall(r"(Sig\w+):\s+(\w+)", child(tusk, "exec cat /proc/self/status", by)))
    assert int(masks["SigBlk"], 16) == 0
    # glibc's posix_spawn() ignores the two signals that glibc's threads use, in any program.
    assert int(masks["SigIgn"], 16) & ~(3 << 31) == 0


def test_the_threads_of_the_server_leave_signals_to_the_main_thread(tusk):
    """Workers do not unblock them: SIGTERM is blocked in every thread but the first."""
    for task in Path(f"/proc/{tusk.pid}/task").iterdir():
        status = (task / "status").read_text()
        blocked = int(re.search(r"SigBlk:\s+(\w+)", status)[1], 16) & 1 << (signal.SIGTERM - 1)
        assert bool(blocked) == (task.name != str(tusk.pid)), status


def test_proc_terminate_and_timeout_work(start_tusk, make_root):
    """A child ends by SIGTERM, sent by the script or by timeout(1)."""
    root = make_root(
        {
            "terminate.php": """<?php
            $p = proc_open(['sleep', '1000'], [], $pipes);
            proc_terminate($p);
            while (($status = proc_get_status($p))['running']) usleep(1000);
            echo json_encode([$status['signaled'], $status['termsig']]);
            """,
            "timeout.php": "<?php exec('timeout 0.05 sleep 1000', $out, $code); echo $code;",
        }
    )
    tusk = start_tusk(root)
    assert tusk.get("/terminate.php").json() == [True, signal.SIGTERM]
    assert tusk.get("/timeout.php").text == "124"


def test_a_pipeline_ends_by_sigpipe(tusk):
    """`yes` ends silently when its reader has ended, as from a shell."""
    assert child(tusk, "(yes; echo $? >&2) 2>&1 | head -n1; echo") == "y\n"
    assert "141" in child(tusk, "bash -c 'yes | head -n1 >/dev/null; echo ${PIPESTATUS[0]}'")


def test_the_server_drains_while_a_script_sleeps_and_a_child_runs(start_tusk, make_root, tmp_path):
    """SIGTERM is delivered to the server, not to the script or to the program that it started."""
    root = make_root(
        {"sleep.php": "<?php touch($_GET['began']); sleep(1); exec('sleep 0.2; echo well', $o); echo $o[0];"}
    )
    tusk = start_tusk(root, "--workers", 1)
    began = tmp_path / "began"
    connection = tusk.raw().request("GET", f"/sleep.php?began={began}")
    wait_for(began.exists, "the script to begin")
    tusk.signal(signal.SIGTERM)
    assert connection.response().text == "well"
    assert tusk.wait_for_exit() == 0


def test_scripts_cannot_deafen_or_end_the_server(start_tusk, make_root):
    """pcntl_signal() does not replace the server's handlers, pcntl_alarm() and signals to the
    own process do not end it, pcntl_exec() does not replace it; the script gets an error where
    PHP can report one. A script may send itself signals that it has a handler for."""
    root = make_root(
        {
            "signals.php": """<?php
            $got = [];
            foreach ([SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD, SIGUSR1, PHP_VERSION_ID < 80400 ? SIGUSR2 : SIGRTMIN] as $signal) {
                $got[] = pcntl_signal($signal, function () {}) && pcntl_signal_get_handler($signal) instanceof Closure;
            }
            pcntl_alarm(1);
            foreach ([SIGTERM, SIGKILL, SIGUSR1] as $signal) {
                $got[] = posix_kill(posix_getpid(), $signal) || posix_get_last_error() !== 1;
                $got[] = posix_kill(0, $signal);
            }
            $got[] = posix_kill(posix_getpid(), 0);
            $got[] = @pcntl_exec('/bin/true');
            echo json_encode($got);
            """,
            "limit.php": "<?php set_time_limit(1); while (true);",
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    tusk.get("/limit.php")  # PHP installs its handler with the first request
    [php] = php_processes(tusk.pid)
    before = _caught(php)
    to_itself = [True, False, False, False, True, False]  # no handler for SIGKILL
    expected = [True] * 7 + to_itself + [True, False]
    assert tusk.get("/signals.php").json() == expected
    assert _caught(php) == before
    assert tusk.get("/limit.php").status_code == 500, "the time limit's signal must still work"
    assert tusk.get("/signals.php").json() == expected


def test_a_signal_mask_belongs_to_the_request(start_tusk, make_root):
    """pcntl_sigprocmask(): the script finds nothing blocked at first, then the signals that it
    has blocked itself; a time limit still ends its sleep; a child inherits its mask; the next
    request finds nothing blocked."""
    root = make_root(
        {
            "mask.php": """<?php
            $all = array_diff(range(1, 64), [9, 19, 32, 33]);
            pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1, SIGTERM], $before);
            pcntl_sigprocmask(SIG_UNBLOCK, [SIGTERM], $both);
            pcntl_sigprocmask(SIG_SETMASK, $all, $one);
            $child = pcntl_fork();
            if ($child === 0) {
                pcntl_sigprocmask(SIG_SETMASK, [SIGUSR1], $blocked);
                $real = explode("\t", preg_grep('/^SigBlk/', file('/proc/self/status'))[21] ?? '');
                exit(count($blocked) === count($all) ? 3 : 4);
            }
            pcntl_waitpid($child, $status);
            if (isset($_GET['sleep'])) {
                set_time_limit(1);
                sleep(1000);
            }
            echo json_encode([$before, $both, $one, pcntl_wexitstatus($status)]);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1, "--request-timeout", "20s")
    for _ in range(2):
        assert tusk.get("/mask.php").json() == [[], [10, 15], [10], 3]
        assert tusk.get("/mask.php?sleep").status_code == 500, "the limit must still end it"


@pytest.mark.since_php("8.4", "pcntl_getcpuaffinity()")
def test_niceness_and_cpu_affinity_belong_to_the_request(start_tusk, make_root):
    """proc_nice() and pcntl_setpriority() apply to what the script starts,
    pcntl_setcpuaffinity() to the request; neither affects the server's threads or the next
    request."""
    root = make_root(
        {
            "own.php": """<?php
            $seen = [pcntl_getpriority(), count(pcntl_getcpuaffinity())];
            if (isset($_GET['change'])) {
                $seen[] = proc_nice(2) && pcntl_setpriority($seen[0] + 5, getmypid());
                $seen[] = pcntl_getpriority();
                $seen[] = (int) shell_exec('sleep 0.2; nice');
                $seen[] = @pcntl_setpriority(19, null, PRIO_USER);
                $first = pcntl_getcpuaffinity()[0];
                $seen[] = pcntl_setcpuaffinity(getmypid(), [$first]) && pcntl_getcpuaffinity() == [$first];
            }
            echo json_encode($seen);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    [php] = php_processes(tusk.pid)
    before, threads = tusk.get("/own.php").json(), _niceness(php)
    changed = [*before, True, before[0] + 5, before[0] + 5, False, True]
    for _ in range(2):
        assert tusk.get("/own.php?change").json() == changed
        assert tusk.get("/own.php").json() == before
        assert _niceness(php) == threads


def test_a_script_cannot_take_its_thread_to_another_namespace(start_tusk, make_root):
    """pcntl_unshare() is refused: the next request of that thread could be without a network,
    for example."""
    root = make_root(
        {
            "leave.php": """<?php
            echo json_encode([@pcntl_unshare(CLONE_NEWNET), pcntl_strerror(pcntl_get_last_error())]);
            """,
            "network.php": "<?php echo readlink('/proc/thread-self/ns/net');",
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    before = tusk.get("/network.php").text
    assert tusk.get("/leave.php").json() == [False, "Operation not permitted"]
    assert tusk.get("/network.php").text == before


def _niceness(pid: int) -> list:
    stats = [stat.read_text() for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return sorted(stat.rpartition(")")[2].split()[16] for stat in stats)


def _caught(pid: int) -> str:
    return re.search(r"SigIgn:.*\nSigCgt:.*", Path(f"/proc/{pid}/status").read_text())[0]


# --- descriptors ---


@pytest.mark.parametrize("by", WAYS)
def test_a_child_inherits_no_descriptor_of_the_server(tusk, by, tmp_path):
    """No listener, connection, epoll, event or memory file, nor the log: only 0, 1 and 2, while
    other requests run, with a body in a file and a response in the spool."""
    command = "ls -l /proc/self/fd | sed -n 's|.* \\([0-9]*\\) -> |\\1 |p'"
    with tusk.raw() as slow, tusk.raw() as big:
        slow.set_receive_buffer(4096)
        slow.request("GET", f"/output.php?mib=16&done={tmp_path / 'done'}")
        wait_for((tmp_path / "done").exists, "the script to end")
        big.send("POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        big.send(b"x" * 8_000_000)
        # ls itself has the directory open.
        listed = dict(line.split(" ", 1) for line in child(tusk, command, by).splitlines())
    assert {fd for fd, target in listed.items() if "/proc/" not in target} <= {"0", "1", "2"}
    assert listed["0"] == "/dev/null"


def test_a_child_does_not_hold_what_another_script_has_open(start_tusk, make_root, tmp_path):
    """A child does not inherit the end of a pipe, or a socket, of another request: a reader
    would wait for it."""
    root = make_root(
        {
            "holder.php": """<?php
            $p = proc_open(['cat'], [0 => ['pipe', 'r'], 1 => ['pipe', 'w']], $pipes);
            $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            touch($_GET['open']);
            while (!file_exists($_GET['go'])) { usleep(1000); clearstatcache(); }
            fwrite($pipes[0], 'sent');
            fclose($pipes[0]);
            fclose($pair[0]);
            echo stream_get_contents($pipes[1]), stream_get_contents($pair[1]), proc_close($p);
            """,
            "long.php": """<?php
            $p = proc_open(['sh', '-c', "touch $_GET[running]; exec sleep 1000"], [], $pipes);
            while (!file_exists($_GET['end'])) { usleep(1000); clearstatcache(); }
            proc_terminate($p, 9);
            echo 'ended';
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    is_open, go, running, end = (tmp_path / name for name in ("open", "go", "running", "end"))
    holder = tusk.raw().request("GET", f"/holder.php?open={is_open}&go={go}")
    wait_for(is_open.exists, "the pipes")
    other = tusk.raw().request("GET", f"/long.php?running={running}&end={end}")
    wait_for(running.exists, "the other script's child")
    go.touch()
    assert holder.response().text == "sent0"
    end.touch()
    assert other.response().text == "ended"


def test_descriptors_that_a_script_passes_on_arrive(start_tusk, make_root):
    """proc_open() with further pipes, beyond the standard ones."""
    root = make_root(
        {
            "more.php": """<?php
            $p = proc_open('cat <&3 >&5', [3 => ['pipe', 'r'], 5 => ['pipe', 'w']], $pipes);
            fwrite($pipes[3], 'through'); fclose($pipes[3]);
            echo stream_get_contents($pipes[5]), proc_close($p);
            """
        }
    )
    assert start_tusk(root).get("/more.php").text == "through0"


def test_standard_input_is_empty(tmp_path, start_tusk):
    """A child that reads standard input finds its end, whatever the server was started from."""
    assert child(start_tusk(PHP_SCRIPTS), "cat; echo end") == "end"


# --- children of other requests ---


def test_a_script_waits_for_its_own_children_only(start_tusk, make_root, tmp_path):
    """pcntl_wait() of one request does not take the exit status of another's child."""
    root = make_root(
        {
            "exec.php": """<?php
            touch($_GET['began']);
            exec("while ! test -e $_GET[go]; do sleep 0.01; done; exit 7", $out, $code);
            echo $code;
            """,
            "wait.php": """<?php
            $none = pcntl_wait($status);
            $child = pcntl_fork();
            if ($child === 0) exit(3);
            $got = pcntl_wait($status);
            touch($_GET['go']);
            echo json_encode([$none, $got === $child, pcntl_wexitstatus($status), pcntl_wait($status)]);
            """,
        }
    )
    tusk = start_tusk(root, "--workers", 2)
    began, go = tmp_path / "began", tmp_path / "go"
    other = tusk.raw().request("GET", f"/exec.php?began={began}&go={go}")
    wait_for(began.exists, "the other script to begin")
    assert tusk.get(f"/wait.php?go={go}").json() == [-1, True, 3, -1]
    assert other.response().text == "7"


def test_unwaited_children_leave_no_zombies(start_tusk, make_root):
    """Zombies of a script that has ended are collected when its thread serves again."""
    root = make_root(
        {
            "forget.php": """<?php
            for ($i = 0; $i < 5; ++$i) { if (pcntl_fork() === 0) exit; }
            $GLOBALS['p'] = proc_open(['sleep', '0.05'], [], $pipes);
            """,
            "hello.php": "<?php echo 'hello';",
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    [php] = php_processes(tusk.pid)

    def zombies():
        listed = subprocess.run(
            ["ps", "--ppid", str(php), "-o", "stat="], capture_output=True, text=True
        ).stdout
        return listed.count("Z")

    for _ in range(5):
        tusk.get("/forget.php")
    wait_for(lambda: tusk.get("/hello.php").text == "hello" and zombies() == 0, "no zombies")


def test_exit_codes_under_concurrency(start_tusk, make_root):
    """Each request gets the status of its own child, with popen and proc_open."""
    root = make_root(
        {
            "code.php": """<?php
            exec("exit $_GET[n]", $out, $code);
            $p = proc_open(['sh', '-c', "exit $_GET[n]"], [], $pipes);
            echo $code, ' ', proc_close($p);
            """
        }
    )
    tusk = start_tusk(root, "--workers", 4)

    def code(n):
        with tusk.raw() as connection:
            return connection.get(f"/code.php?n={n}").text

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(code, range(1, 81))) == [f"{n} {n}" for n in range(1, 81)]


# --- the descriptor limit ---


@pytest.mark.parametrize("by", WAYS)
def test_a_child_has_the_limit_that_the_server_was_started_with(start_tusk, by):
    """From its start it does not have the server's raised limit; the hard limit is the same."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, wrapper=("prlimit", "--nofile=500:2000"))
    for _ in range(5):
        assert child(tusk, "ulimit -Sn; ulimit -Hn", by).split() == ["500", "2000"]
    limits = Path(f"/proc/{tusk.pid}/limits").read_text()
    assert re.search(r"Max open files\s+2000\s+2000", limits)


@pytest.mark.since_php("8.3", "posix_getrlimit() takes an argument")
def test_a_forked_process_has_it_too(start_tusk, make_root):
    root = make_root(
        {
            "fork.php": """<?php
            $child = pcntl_fork();
            if ($child === 0) exit(posix_getrlimit(POSIX_RLIMIT_NOFILE)[0] === 200 ? 7 : 1);
            pcntl_waitpid($child, $status);
            echo pcntl_wexitstatus($status);
            """
        }
    )
    tusk = start_tusk(root, wrapper=("prlimit", "--nofile=200:2000"))
    assert tusk.get("/fork.php").text == "7"


@pytest.mark.since_php("8.3", "PHP learns why a program could not be started")
def test_a_program_that_cannot_be_started(start_tusk, make_root):
    """The script is told why, nothing is left behind, and a program that is found later in PATH
    runs."""
    root = make_root(
        {
            "start.php": """<?php
            $dir = __DIR__ . '/bin';
            @mkdir("$dir/echo", 0777, true);
            file_put_contents("$dir/notes", 'no program');
            $start = function (...$arguments) {
                $process = @proc_open(...$arguments);
                return $process ? proc_close($process) : error_get_last()['message'];
            };
            $got = [
                $start(['no-such-program'], [], $pipes), $start(['/no/such/program'], [], $pipes),
                $start(["$dir/notes"], [], $pipes), $start(['true'], [], $pipes, '/no/such/directory'),
            ];
            putenv("PATH=$dir:/usr/bin:/bin");
            $process = proc_open(['echo', 'found'], [1 => ['pipe', 'w']], $pipes);
            $got[] = stream_get_contents($pipes[1]);
            $got[] = proc_close($process) === 0;
            $got[] = $start(['notes'], [], $pipes);
            echo json_encode($got);
            """
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    for _ in range(3):
        *refused, found, ended, denied = tusk.get("/start.php").json()
        reasons = ["No such file or directory"] * 2 + ["Permission denied", "No such file or directory"]
        assert [reason for text, reason in zip(refused, reasons) if not str(text).endswith(reason)] == []
        assert (found, ended) == ("found\n", True)
        assert denied.endswith("Permission denied")
    [php] = php_processes(tusk.pid)
    assert children(php) == []
