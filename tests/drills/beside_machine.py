"""Rows of beside_nginx.py: faults of the machine. Each function tries one server and returns the
result in a few words."""

import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from differential import reference
from drills.attack import Bystander
from drills.beside_nginx import HELLO, MASTER, Side, descendants
from harness.certificates import Authority
from harness.raw import ProtocolError, RawClient
from harness.server import environment
from harness.tls import TlsClient, client_context
from harness.wait import wait_for

PROCESS_1 = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--")


def held_certificate(side: Side) -> str:
    """A FIFO replaces a certificate; nginx is told to reload its configuration."""
    with side.directory() as place:
        used = Authority(place).issue("localhost")
        kept = used.chain.with_suffix(".kept")
        with side.start(certificates=[used], edits=[MASTER]):
            shutil.copy(used.chain, kept)
            used.chain.unlink()
            os.mkfifo(used.chain)
            if side.is_nginx:
                os.kill(side.pid, signal.SIGHUP)
            began, failed, slowest = time.monotonic(), 0, 0.0
            socket.setdefaulttimeout(5)
            while time.monotonic() - began < 20 and failed < 2:
                asked = time.monotonic()
                try:
                    client = TlsClient(side.port, client_context(None))
                    client.tls.settimeout(3)
                    client.request("GET", "/hello.php")
                    assert client.tls.recv(100)
                    client.close()
                except OSError:
                    failed += 1
                slowest = max(slowest, time.monotonic() - asked)
                time.sleep(0.1)
            socket.setdefaulttimeout(None)
            with contextlib.suppress(OSError):  # release a process that waits for the FIFO
                os.close(os.open(used.chain, os.O_WRONLY | os.O_NONBLOCK))
            kept.replace(used.chain)
    if failed:
        return "everybody waits, for as long as it is there"
    note = "; the master waits, and takes no other reload" if side.is_nginx else ""
    return f"nobody waits (at most {1000 * slowest:.0f} ms){note}"


def zombies(pids) -> int:
    count = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            count += Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return count


def orphans(side: Side) -> str:
    files = {"orphans.php": "<?php exec('for i in 1 2 3 4 5 6 7 8 9 10; do true & done');"}
    with side.start(files, wrapper=PROCESS_1):
        with Bystander(side.url) as innocent:
            for _ in range(100):
                with RawClient("127.0.0.1", side.port) as client:
                    assert client.get("/orphans.php").status == 200
            until = time.monotonic() + 5
            while time.monotonic() < until and zombies(descendants(side.runs_php)):
                time.sleep(0.1)
        left = zombies(descendants(side.runs_php))
    slow = statistics.quantiles(innocent.seconds, n=100)[98]
    return f"{left} zombies of 1,000 orphans (others' p99 {1000 * slow:.0f} ms)"


def early_end(side: Side) -> str:
    """Sends SIGTERM to process 1 while a preload script of 1 s runs."""
    with side.directory() as place:
        (place / "hello.php").write_text(HELLO["hello.php"])
        begun, conf = place / "begun", place / "fpm.conf"
        (place / "preload.php").write_text(f"<?php touch('{begun}'); usleep(1000000);")
        conf.write_text(
            f"[global]\ndaemonize = no\nerror_log = {place}/log\n[www]\nuser = root\n"
            f"listen = {place}/sock\npm = static\npm.max_children = 1\n"
        )
        command = [side.binary, "--root", place, "--listen", "127.0.0.1:0"]
        command += ["--internal-addr", "off"]
        if side.is_nginx:
            command = [reference.fpm_program(), "-n", "-R", "--nodaemonize", "--fpm-config", conf]
            command += ["-d", "zend_extension=opcache"]
        command += ["-d", f"opcache.preload={place}/preload.php", "-d", "opcache.preload_user=root"]
        lost, tries = 0, 5
        for _ in range(tries):
            begun.unlink(missing_ok=True)
            process = subprocess.Popen(
                [*PROCESS_1[:-1], *command], env=environment({}),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                inner = wait_for(lambda: descendants(process.pid), "process 1")
                wait_for(begun.exists, "the preload script")
                os.kill(min(inner), signal.SIGTERM)
                process.wait(4)
            except subprocess.TimeoutExpired:
                lost += 1
            finally:
                process.kill()
                process.wait()
    return f"lost, {lost} times of {tries}" if lost else f"ends it, {tries} times of {tries}"


def deployment(side: Side) -> str:
    with side.start({"page.php": "<?php echo 'release';"}):
        ended, seen = threading.Event(), Counter()

        def ask() -> None:
            while not ended.is_set():
                with RawClient("127.0.0.1", side.port) as client:
                    seen[client.get("/page.php").status] += 1

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(2000):
            (side.root / "new").write_text(f"<?php echo 'release', {number};")
            (side.root / "page.php").unlink()
            os.rename(side.root / "new", side.root / "page.php")
            time.sleep(0.002)
        ended.set()
        for thread in threads:
            thread.join()
    return ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))


def cut_drain(side: Side) -> str:
    """Half a body has arrived when the server is told to end, and 1 s later its time is over."""
    edits = [MASTER, ("daemon off;", "daemon off; worker_shutdown_timeout 1s;")]
    with side.start(flags=["--drain-timeout", "1s"], edits=edits):
        with RawClient("127.0.0.1", side.port) as client:
            head = "POST /hello.php HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
            client.send(head + "0123456789")
            with RawClient("127.0.0.1", side.port) as other:
                other.get("/hello.php")
            os.kill(side.pid, signal.SIGQUIT if side.is_nginx else signal.SIGTERM)
            try:
                return f"{client.response().status}"
            except (ProtocolError, OSError):
                return "closed without a word"


def hang_up(side: Side) -> str:
    with side.start(edits=[MASTER]):
        targets = {"nginx": side.pid, "FPM": side.runs_php} if side.is_nginx else {"it": side.pid}
        said = []
        for name, pid in targets.items():
            os.kill(pid, signal.SIGHUP)
            until = time.monotonic() + 2
            while time.monotonic() < until and not _ended(pid):
                time.sleep(0.02)
            said.append(f"{name} ends" if _ended(pid) else f"{name} goes on")
        if side.is_nginx:
            return ", ".join(said).replace("nginx goes on", "nginx reads its configuration again")
        return said[0]


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


ROWS = {
    "a certificate is a FIFO, while serving": held_certificate,
    "orphans of scripts, as process 1": orphans,
    "SIGTERM during the start (a preload script), as process 1": early_end,
    "a script is replaced by unlink and rename, 2,000 times": deployment,
    "a drain ends while a body arrives": cut_drain,
    "SIGHUP": hang_up,
}
