#!/usr/bin/env python3
"""Runs the scripts of tests/php/hostile/ under tusk and under nginx with PHP-FPM of the same PHP, and
prints what was lost each time, as a table in Markdown. `make beside-fpm`.

    beside_fpm.py [NAME...]    only scripts whose names contain one of these
"""

import concurrent.futures
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("TUSK_TEST_PATIENCE", "15")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from differential import reference  # noqa: E402
from harness.server import Server  # noqa: E402
from sweep.findings import exit_text  # noqa: E402
from sweep.innocents import Innocents  # noqa: E402
from sweep.inputs import INPUTS, Input, read_answer  # noqa: E402

HERE = Path(__file__).resolve().parent
WORKERS = 4
REQUEST_TIMEOUT_S = 5
LATE_S = 3

PHP_INI = """
sys_temp_dir = {scratch}
memory_limit = 128M
max_execution_time = 30
opcache.revalidate_freq = 0
opcache.file_update_protection = 0
log_errors = 1
display_errors = 0
"""


def children_of(pid: int) -> set:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found |= {int(word) for word in task.read_text().split()}
        except OSError:
            continue
    return found


def count_descriptors(pids) -> int:
    count = 0
    for pid in pids:
        try:
            count += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
    return count


class Side:
    """One of the two servers, with the properties that Innocents needs."""

    def __init__(self, directory: Path):
        self.directory, self.root, self.scratch = directory, directory / "root", directory / "tmp"
        shutil.copytree(HERE.parent / "php/hostile", self.root)
        shutil.copy(HERE / "innocent.php", self.root)
        (self.root / "hello.php").write_text("<?php echo 'hello';")
        self.scratch.mkdir()
        self.ini = directory / "php.ini"
        self.ini.write_text(PHP_INI.format(scratch=self.scratch))
        self.server = self

    def log_tail(self) -> str:
        return f"see {self.directory}"

    def is_up(self) -> bool:
        return all(read_answer(self.port, "/hello.php", 6) == "200 hello" for _ in range(3))


class Tusk(Side):
    def __init__(self, directory: Path):
        super().__init__(directory)
        self.tusk = Server(
            self.root,
            *("--workers", WORKERS, "--request-timeout", f"{REQUEST_TIMEOUT_S}s", "-c", self.ini),
            directory=directory,
            env={"TMPDIR": self.scratch},
        ).wait_until_ready()
        self.port = self.tusk.port

    def ended(self, patience_s: float = 0) -> int | None:
        end = time.monotonic() + patience_s
        while self.tusk.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        return self.tusk.process.poll()

    def descriptors(self) -> int:
        return count_descriptors([self.tusk.pid])

    def losses(self) -> list:
        status = self.ended(0.3)
        if status is not None:
            return [f"**the service** ({exit_text(status)})"]
        if not self.is_up():
            return ["**the service** (it hangs)"]
        lost = int(self.tusk.metrics().value("tusk_workers", state="lost"))
        return [f"{lost} of {WORKERS} workers, replaced"] if lost else []

    def log_size(self) -> int:
        return self.tusk.log_size()

    def end(self) -> None:
        self.tusk.kill()


class Fpm(Side):
    def __init__(self, directory: Path):
        super().__init__(directory)
        self.pair = reference.Reference(
            self.root, directory, self.ini, {"TMPDIR": str(self.scratch)}
        )
        self.port = self.pair.port
        self.master = self.pair._processes[0]
        self.children = children_of(self.master.pid)

    def ended(self, patience_s: float = 0) -> int | None:
        return self.master.poll()

    def descriptors(self) -> int:
        return count_descriptors(children_of(self.master.pid))

    def losses(self) -> list:
        if self.master.poll() is not None:
            return [f"**the service** ({exit_text(self.master.poll())})"]
        losses = []
        log = (self.directory / "fpm.log").read_text()
        signals = Counter(re.findall(r"exited on signal \d+ \((SIG\w+)", log))
        for name, count in signals.items():
            losses.append(f"{count} of {WORKERS} children ({name}), replaced")
        busy = [pid for pid in children_of(self.master.pid) if self._runs(pid)]
        if busy:
            losses.append(f"{len(busy)} of {WORKERS} children, for as long as it runs")
        if len(busy) < WORKERS and not self.is_up():
            losses.append("**the service** (it hangs)")
        return losses

    @staticmethod
    def _runs(pid: int) -> bool:
        def ticks() -> int:
            return sum(int(n) for n in Path(f"/proc/{pid}/stat").read_text().split()[13:15])

        try:
            before = ticks()
            time.sleep(0.3)
            return ticks() - before > 15
        except OSError:
            return False

    def log_size(self) -> int:
        return (self.directory / "output").stat().st_size

    def end(self) -> None:
        for pid in children_of(self.master.pid):  # an endless loop does not exit
            try:
                os.kill(pid, 9)
            except OSError:
                continue
        self.pair.stop()


def ask(side: Side, given: Input, silent_port: int) -> str:
    if given.ask:
        return given.ask(side)
    target = f"/{given.script}.php" + given.query.format(port=silent_port)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(given.at_once) as clients:
        answers = list(
            clients.map(lambda _: read_answer(side.port, target), range(given.times))
        )
    took = (time.monotonic() - began) / given.times * given.at_once
    text = ", ".join(answer for answer, _ in Counter(answers).most_common(2))
    return text + (f" ({took:.0f} s)" if took > 1.5 else "")


def cell(make_side, directory: Path, given: Input, silent_port: int) -> str:
    side = make_side(directory)
    try:
        innocents = Innocents(side, 2)
        innocents.wait_for_another()
        before = side.descriptors()
        parts = [ask(side, given, silent_port) or "as it should"]
        if side.ended() is None:
            innocents.wait_for_another()
        innocents.finish()
        losses = side.losses()
        if innocents.wrong:
            losses.append(
                f"{len(innocents.wrong)} other requests ({innocents.wrong[0][1][:90]})"
            )
        elif innocents.slowest_s > LATE_S:
            losses.append(f"another request {innocents.slowest_s:.0f} s late")
        more = side.descriptors() - before
        if more >= given.times and more > 2:
            losses.append(f"{more} descriptors")
        if given.check:
            path, wanted = given.check
            answers = [read_answer(side.port, path, 6) for _ in range(6)]
            if wrong := [answer for answer in answers if wanted not in answer]:
                losses.append(f"afterwards: {wrong[0]}")
        return "; ".join([*parts, *losses]).replace("|", "\\|")
    finally:
        side.end()
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    # nginx holds the 1,100 silent clients, not FPM's children.
    reference._NGINX_CONF = reference._NGINX_CONF.replace(
        "worker_connections 512", "worker_connections 4096"
    )
    words = sys.argv[1:]
    directory = Path(tempfile.mkdtemp(prefix="tusk-beside-"))
    directory.chmod(0o755)
    print("| kind | input | nginx + PHP-FPM | tusk |\n|---|---|---|---|")
    gone = 0
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1]
        for number, given in enumerate(INPUTS):
            if words and not any(word in given.script for word in words):
                continue
            cells = [
                cell(make, directory / f"{number}-{make.__name__}", given, port)
                for make in (Fpm, Tusk)
            ]
            gone += "**the service**" in cells[1]
            how = f" ({given.ask.__name__.replace('_', ' ')})" if given.ask else ""
            row = [given.kind, f"`{given.script}`: {given.title()}{how}", *cells]
            print(f"| {' | '.join(row)} |", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
