"""`tusk top` in a pseudo terminal, and without one."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

from harness.server import PHP_SCRIPTS, TUSK, environment, run_tusk
from harness.wait import PATIENCE_S, wait_for


class Screen:
    """The terminal in which a `tusk top` runs."""

    def __init__(self, tusk, rows=30, columns=110):
        self.terminal, self.inner = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.inner)
        self.output = ""
        self.process = subprocess.Popen(
            [TUSK, "top", "--control-socket", tusk.control_socket],
            env=environment({"TERM": "xterm"}),
            stdin=self.inner,
            stdout=self.inner,
            stderr=subprocess.PIPE,
            text=True,
        )

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: bytes):
        os.write(self.terminal, keys)

    def read(self) -> str:
        ready = select.poll()  # descriptors may have high numbers
        ready.register(self.terminal, select.POLLIN)
        while ready.poll(0):
            self.output += os.read(self.terminal, 65536).decode()
        return self.output

    def picture(self) -> list:
        """The lines of the last complete picture."""
        pictures = self.read().split("\x1b[H")
        complete = [each for each in pictures if each.endswith("\x1b[J")]
        text = re.sub(r"\x1b\[[\d?;]*[A-Za-z]|\r", "", complete[-1]) if complete else ""
        return text.split("\n")

    def wait_for(self, pattern: str, meanwhile=lambda: None) -> str:
        def found():
            meanwhile()
            return next((line for line in self.picture() if re.search(pattern, line)), None)

        return wait_for(
            found,
            f"{pattern!r} on the screen:\n" + "\n".join(self.picture()),
        )

    def wait_for_exit(self) -> int:
        status = self.process.wait(PATIENCE_S)
        output = self.read()
        assert output.index("\x1b[?1049h") < output.index("\x1b[?1049l")
        assert output.endswith("\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(self.inner) == self.before
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stderr.close()
        os.close(self.terminal)
        os.close(self.inner)


@pytest.fixture
def open_screen():
    screens = []

    def open_one(tusk, **options):
        screens.append(Screen(tusk, **options))
        return screens[-1]

    yield open_one
    for screen in screens:
        screen.close()


def test_the_live_view(start_tusk, open_screen, tmp_path):
    """It shows what runs, takes keys, follows a resize and a new process, and restores the terminal
    when it ends by a key, by a signal, and because tusk ends."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 3, internal="off", supervised=True)
    held, gate = tusk.hold_worker(tmp_path)
    other, other_gate = tusk.hold_worker(tmp_path, "other")
    screen = open_screen(tusk)
    screen.wait_for(r"^ +\d+ +\d .*GET localhost/gate\.php$")
    screen.wait_for(r"^ +\d+\.\d s +2x  localhost/gate\.php$")
    screen.wait_for(r"^workers +2 busy, 1 idle, 0 lost")
    # A picture with one request's second may be missed.
    screen.wait_for(r"^requests +[1-9]\d*\.\d/s +2xx [1-9]", meanwhile=lambda: tusk.get("/hello.php"))
    screen.wait_for(r"^latency +p50 \d")
    screen.press(b"s")
    screen.wait_for(r"\(by memory\)")
    screen.press(b"b")
    screen.wait_for(r"^BACKTRACE OF WORKER \d OF PROCESS")
    screen.wait_for(r"^#\d .*gate\.php:\d+")
    screen.press(b"\x1b[B")
    screen.press(b"b")
    screen.wait_for("SLOWEST PATHS NOW")
    screen.press(b"p")
    screen.wait_for("PAUSED")
    screen.press(b"p")
    screen.resize(12, 60)
    os.kill(screen.process.pid, signal.SIGWINCH)
    wait_for(lambda: len(screen.picture()) <= 12, "fewer lines")
    assert all(len(line) <= 60 for line in screen.picture())

    gate.touch()
    other_gate.touch()
    assert held.response().status == other.response().status == 200
    [server] = tusk.server_pids()
    os.kill(server, signal.SIGKILL)
    screen.wait_for("crashes 1")
    screen.wait_for(r"^workers +0 busy, 3 idle")
    screen.press(b"q")
    assert screen.wait_for_exit() == 0

    ended = open_screen(tusk)
    ended.wait_for("^workers")
    os.kill(ended.process.pid, signal.SIGTERM)
    assert ended.wait_for_exit() == -signal.SIGTERM

    left = open_screen(tusk)
    left.wait_for("^workers")
    assert tusk.command("stop").returncode == 0
    assert left.wait_for_exit() == 1
    assert "tusk has ended" in left.process.stderr.read()
    assert tusk.wait_for_exit() == 0
    assert run_tusk("top", "--control-socket", tusk.control_socket).returncode == 1


def test_one_picture_without_a_terminal(start_tusk, tmp_path):
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, supervised=True)
    connection, gate = tusk.hold_worker(tmp_path)
    done = tusk.command("top", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^ +\d+ +\d .*GET localhost/gate\.php$", done.stdout, re.M), done.stdout
    assert "workers     1 busy, 1 idle, 0 lost" in done.stdout and "\x1b" not in done.stdout
    gate.touch()
    assert connection.response().status == 200
    assert run_tusk("status", "--once").returncode == 2
    assert run_tusk("top", "--help").stdout.startswith("Usage: tusk top [--once]")
