"""openlog(), syslog() and closelog(): name, options and facility belong to one request."""

import os
import queue
import re
import socket
import subprocess
import threading

import pytest

from harness.engine import php_processes
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S

STATE = PHP_SCRIPTS / "process_state.php"

# libc's path is fixed. Connections to it are redirected to the test's socket.
REDIRECTION = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
static char path[108];
__attribute__((constructor)) static void start(void) { strncpy(path, getenv("LOG_SOCKET"), 107); }
int connect(int fd, const struct sockaddr *address, socklen_t size) {
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    struct sockaddr_un *local = (struct sockaddr_un *)address;
    if (address->sa_family != AF_UNIX || strcmp(local->sun_path, "/dev/log") != 0) {
        return next(fd, address, size);
    }
    struct sockaddr_un ours = {.sun_family = AF_UNIX};
    strcpy(ours.sun_path, path);
    return next(fd, (struct sockaddr *)&ours, sizeof ours);
}
"""


class Daemon:
    """Receives messages at once, like a real daemon: the kernel keeps only about ten."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()

    def _take(self) -> None:
        while message := self.socket.recv(65536):
            self.lines.put(re.sub(r"(?<=>)\w{3} [ 1-3]\d \d\d:\d\d:\d\d ", "", message.decode()))

    def line(self) -> str:
        return self.lines.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        os.unlink(self.path)


@pytest.fixture(scope="module")
def redirection(tmp_path_factory):
    directory = tmp_path_factory.mktemp("redirection")
    source = directory / "connect.c"
    source.write_text(REDIRECTION)
    library = directory / "connect.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(tmp_path / "log")
    yield daemon
    if daemon.thread.is_alive():
        daemon.close()


@pytest.fixture
def start(start_tusk, redirection, daemon):
    def start(root, *args):
        sanitizers = os.environ.get("ASAN_OPTIONS", "")
        env = {
            "LD_PRELOAD": redirection,
            "LOG_SOCKET": daemon.path,
            "ASAN_OPTIONS": f"{sanitizers}:verify_asan_link_order=0".lstrip(":"),
        }
        return start_tusk(root, *args, env=env)

    return start


def test_two_requests_at_a_time_log_by_their_own_names(start, make_root, daemon, tmp_path):
    """And with their own facility and options; a request that closes the log, or ends, does not
    close another's."""
    root = make_root(
        {
            "log.php": f"""<?php require '{STATE}';
            $me = $_GET['me'];
            openlog("app-$me", $me === 'a' ? LOG_PID : 0, $me === 'a' ? LOG_LOCAL1 : LOG_LOCAL2);
            meet();
            for ($i = 0; $i < 5; ++$i) {{ syslog(LOG_INFO, "line of $me"); usleep(1000); }}
            meet();
            if ($me === 'b') closelog();
            meet();
            syslog(LOG_ERR, "last of $me");
            """,
            "end.php": "<?php openlog('other', LOG_PERROR, LOG_LOCAL7); closelog();",
        }
    )
    tusk = start(root, "--workers", 3)
    requests = [
        tusk.raw().request("GET", f"/log.php?dir={tmp_path}&me={me}&other={other}")
        for me, other in ("ab", "ba")
    ]
    for _ in range(10):
        assert tusk.get("/end.php").status_code == 200
    for request in requests:
        assert request.response().text == ""
    lines = sorted(daemon.line() for _ in range(12))
    pids = {re.search(r"\[(\d+)\]", line)[1] for line in lines if "app-a" in line}
    assert pids <= set(map(str, php_processes(tusk.pid))) and len(pids) == 1
    [pid] = pids
    assert lines == sorted(
        [f"<142>app-a[{pid}]: line of a"] * 5
        + ["<150>app-b: line of b"] * 5
        + [f"<139>app-a[{pid}]: last of a", "<147>tusk: last of b"]
    )


@pytest.mark.parametrize("end", ["", "exit;", "undefined();", "str_repeat('x', 1 << 40);"])
def test_nothing_is_left_for_the_next_request(start, make_root, daemon, end):
    """However a request ends."""
    root = make_root(
        {
            "open.php": f"<?php openlog('first', LOG_PID | LOG_PERROR, LOG_LOCAL3); syslog(LOG_INFO, 'one'); {end}",
            "next.php": "<?php syslog(LOG_INFO, 'two');",
        }
    )
    tusk = start(root, "--workers", 1)
    [pid] = php_processes(tusk.pid)
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    for _ in range(3):
        tusk.get("/open.php")
        assert daemon.line() == f"<158>first[{pid}]: one"
        tusk.get("/next.php")
        assert daemon.line() == "<14>tusk: two"
    assert tusk.log().count(f"first[{pid}]: one") == 3
    assert "two" not in tusk.log()
    assert len(os.listdir(f"/proc/{pid}/fd")) <= descriptors + 2


def test_the_daemon_is_started_anew(start, make_root, daemon, tmp_path):
    """The daemon restarts while a request runs that has logged."""
    root = make_root(
        {
            "log.php": f"""<?php require '{STATE}';
            syslog(LOG_INFO, 'before');
            meet();
            meet();
            syslog(LOG_INFO, 'after');
            """
        }
    )
    tusk = start(root)
    with tusk.raw() as client:
        client.request("GET", f"/log.php?dir={tmp_path}&me=a&other=b")
        assert daemon.line().endswith("before")
        daemon.close()
        again = Daemon(daemon.path)
        (tmp_path / "b1").touch()
        (tmp_path / "b2").touch()
        assert client.response().text == ""
    assert again.line().endswith("after")
    again.close()


def test_phps_own_log_may_go_to_syslog(start, make_root, daemon):
    """error_log=syslog uses PHP's own name and facility, beside a script that has its own."""
    root = make_root({"error.php": "<?php error_log('of PHP');"})
    tusk = start(root, "-d", "error_log=syslog", "-d", "syslog.ident=ours", "-d", "syslog.facility=local4")
    tusk.get("/error.php")
    assert daemon.line() == "<165>ours: of PHP"


def test_a_forked_process_keeps_the_open_log(start_tusk, make_root):
    """It is a copy of the process and uses libc's own functions."""
    root = make_root(
        {
            "fork.php": """<?php
            openlog('forked', LOG_PID | LOG_PERROR, LOG_LOCAL5);
            if (($child = pcntl_fork()) === 0) { syslog(LOG_INFO, 'child'); exit; }
            pcntl_waitpid($child, $status);
            echo $child;
            """
        }
    )
    tusk = start_tusk(root)
    child = tusk.get("/fork.php").text
    tusk.wait_for_log(rf"forked\[{child}\]: child")
