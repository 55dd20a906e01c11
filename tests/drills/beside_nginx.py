#!/usr/bin/env python3
"""Tries attacks and faults on tusk and on nginx with PHP-FPM of the same PHP, and prints a table in
Markdown. `make beside-nginx`. With TUSK_BEFORE naming an older binary there is a column for it.

    beside_nginx.py [WORD...]    only rows whose title contains one of these
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

os.environ.setdefault("TUSK_TEST_PATIENCE", "15")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from differential import reference  # noqa: E402
from harness import server  # noqa: E402

WORKERS = 4
PHP_INI = """
memory_limit = 128M
opcache.revalidate_freq = 0
opcache.file_update_protection = 0
log_errors = 1
display_errors = 0
"""
LISTEN = "listen 127.0.0.1:{port} backlog=511;"
MASTER = ("master_process off;", "user root; worker_processes 1;")
HELLO = {"hello.php": "<?php echo 'Hello World!';"}


def descendants(pid: int) -> set:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for word in task.read_text().split():
                found |= {int(word)} | descendants(int(word))
    return found


class Pair(reference.Reference):
    """nginx and PHP-FPM; `wrapper` is what FPM is started with."""

    def __init__(self, *args, wrapper=()):
        self._wrapper, self._guardians = wrapper, []
        super().__init__(*args)

    def _start(self, command, group=False):
        if group:
            return super()._start([*self._wrapper, *command], group)
        nginx = super()._start(command, group=True)
        self._guardians.append(
            subprocess.Popen(
                [sys.executable, "-c", reference._GUARDIAN, str(nginx.pid)], stdin=subprocess.PIPE
            )
        )
        return nginx

    def stop(self):
        for pid in set().union(*(descendants(one.pid) for one in self._processes)):
            with contextlib.suppress(OSError):  # busy children do not exit on their own
                if "php-fpm" in Path(f"/proc/{pid}/comm").read_text():
                    os.kill(pid, 9)
        super().stop()
        for guardian in self._guardians:
            guardian.terminate()
            guardian.wait()


class Side:
    """One of the servers while a row is measured. If `binary` is None: nginx with PHP-FPM."""

    def __init__(self, binary: Path | None):
        self.binary = binary
        self.is_nginx = binary is None

    @contextlib.contextmanager
    def start(self, files=None, flags=(), edits=(), fpm_edits=(), wrapper=(), certificates=()):
        """Serves `files` in addition to hello.php. `flags` are tusk's; `edits` (old, new) apply
        to nginx's configuration, `fpm_edits` to FPM's; `wrapper` starts the program that runs
        PHP."""
        with self.directory() as directory:
            self.root = directory / "root"
            for name, text in (HELLO | (files or {})).items():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).write_text(text)
            ini = directory / "php.ini"
            ini.write_text(PHP_INI)
            start = self._start_pair if self.is_nginx else self._start_tusk
            end = start(directory, ini, flags, edits, fpm_edits, wrapper, certificates)
            try:
                yield self
            finally:
                end()

    @contextlib.contextmanager
    def directory(self):
        """A directory for one row, deleted after it. Every user may read it."""
        place = self.place = Path(tempfile.mkdtemp(prefix="tusk-beside-"))
        place.chmod(0o755)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _start_tusk(self, directory, ini, flags, _edits, _fpm_edits, wrapper, certificates):
        usual, server.BINARY = server.BINARY, self.binary
        try:
            self.tusk = server.Server(
                self.root,
                *("--workers", WORKERS, "-c", ini, *flags),
                *(flag for certificate in certificates for flag in certificate.flags()),
                directory=directory,
                wrapper=wrapper,
            )
        finally:
            server.BINARY = usual
        try:
            self.tusk.wait_until_ready()
        except BaseException:
            self.tusk.kill()
            raise
        self.port, self.pid, self.runs_php = self.tusk.port, self.tusk.pid, self.tusk.pid
        return self.tusk.kill

    def _start_pair(self, directory, ini, _flags, edits, fpm_edits, wrapper, certificates):
        usual = reference._NGINX_CONF, reference._FPM_CONF
        if certificates:
            tls = LISTEN.replace(" backlog", " ssl http2 backlog") + "".join(
                f" ssl_certificate {one.chain}; ssl_certificate_key {one.key};"
                for one in certificates[:1]
            )
            # nginx 1.22 speaks TLS 1.3 only if it is enabled, as in Debian's configuration.
            protocols = ("access_log off;", "access_log off; ssl_protocols TLSv1.2 TLSv1.3;")
            edits = [*edits, (LISTEN, tls), protocols]
        try:
            for old, new in [("worker_connections 512", "worker_connections 16384"), *edits]:
                assert old in reference._NGINX_CONF, old
                reference._NGINX_CONF = reference._NGINX_CONF.replace(old, new)
            for old, new in fpm_edits:
                reference._FPM_CONF = reference._FPM_CONF.replace(old, new)
            pair = Pair(self.root, directory, ini, {}, wrapper=wrapper)
        finally:
            reference._NGINX_CONF, reference._FPM_CONF = usual
        self.port = pair.port
        self.runs_php, self.pid = (process.pid for process in pair._processes)
        return pair.stop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def server_log(self) -> str:
        if not self.is_nginx:
            return self.tusk.log()
        return "".join(
            (self.place / name).read_text() for name in ("output", "fpm.log", "nginx.log")
        )

    def processes(self) -> set:
        """The processes that talk to clients."""
        return {self.pid} | descendants(self.pid)


def disk(side: Side) -> int:
    """The size of deleted files that the server has open, without those in memory."""
    total = 0
    for pid in side.processes():
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                name = str(link.readlink())
                if name.endswith(" (deleted)") and not name.startswith(("/memfd:", "/dev/")):
                    total += link.stat().st_blocks * 512
            except OSError:
                continue
    return total


def memory(side: Side) -> int:
    total = 0
    for pid in side.processes():
        status = Path(f"/proc/{pid}/status").read_text()
        total += int(status.split("VmRSS:")[1].split()[0]) * 1024
    return total


def cell(row, binary: Path | None) -> str:
    try:
        text = row(Side(binary))
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc()
        text = f"not measured: {error!r}"
    return " ".join(text.replace("|", "\\|").split())


def main() -> int:
    from drills import beside_machine, beside_network, beside_operator

    words = sys.argv[1:]
    before = os.environ.get("TUSK_BEFORE")
    columns = {"nginx + PHP-FPM": None, "tusk": server.BINARY}
    if before:
        columns = {"nginx + PHP-FPM": None, "tusk before": Path(before), "tusk": server.BINARY}
    missing = 0
    print(f"| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    rows = beside_network.ROWS | beside_machine.ROWS | beside_operator.ROWS
    for title, row in rows.items():
        if not words or any(word in title for word in words):
            cells = [cell(row, binary) for binary in columns.values()]
            print(f"| {' | '.join([title, *cells])} |", flush=True)
            missing += sum(one.startswith("not measured") for one in cells)
    return 1 if missing else 0


if __name__ == "__main__":
    # Rows import Side's constants from this module by its name.
    sys.modules["drills.beside_nginx"] = sys.modules["__main__"]
    sys.exit(main())
