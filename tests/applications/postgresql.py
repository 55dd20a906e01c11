"""A PostgreSQL server for the tests: data in a temporary directory, a private unix socket, no
network, ended by its process id. It does not run as root, so it becomes nobody then."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.child import die_with_parent
from harness.wait import PATIENCE_S, wait_for

_UNPACKED = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk") / "postgresql-15"
_SPEED = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off", "max_connections=20",
          "shared_buffers=16MB"]


def _tree() -> Path | None:
    """The directory with usr/lib/postgresql/VERSION/bin; none: there is no PostgreSQL."""
    for tree in (Path("/"), _UNPACKED):
        if any(tree.glob("usr/lib/postgresql/*/bin/initdb")):
            return tree
    return None


def is_there() -> bool:
    return _tree() is not None


def _become_nobody() -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    die_with_parent()  # last: a change of the user would undo it


class PostgreSQL:
    user, database = "application", "postgres"

    def __init__(self):
        # Not pytest's tmp_path: nobody cannot reach it, and a socket's path may have at most 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="tusk-pg-"))
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        self.log_file = self.directory / "log"
        self.process = None
        try:
            self._programs = self._find_programs()
            self._create()
            self._start()
        except BaseException:
            self.stop()
            raise

    def _find_programs(self) -> Path:
        """Those of a tree that another user cannot reach are copied; they find the rest from where they are."""
        tree = _tree()
        [*_, programs] = sorted(tree.glob("usr/lib/postgresql/*/bin"))
        if tree == Path("/"):
            return programs
        version = programs.parent.name
        for part in (f"usr/lib/postgresql/{version}", f"usr/share/postgresql/{version}"):
            shutil.copytree(tree / part, self.directory / part,
                            ignore=shutil.ignore_patterns("bitcode", "llvmjit*", "man", "locale"))
        return self.directory / programs.relative_to(tree)

    def _run(self, *command, **options) -> subprocess.Popen:
        with open(self.log_file, "ab") as log:
            return subprocess.Popen(
                [str(word) for word in command], cwd="/", preexec_fn=_become_nobody, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **options)

    def _create(self) -> None:
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
        status = self._run(self._programs / "initdb", "--pgdata", self.data, "--username", self.user, "--auth", "trust",
                           "--encoding", "UTF8", "--locale", "C", "--no-sync").wait(max(60, PATIENCE_S))
        assert status == 0, f"initdb failed:\n{self.log_file.read_text()}"

    def _start(self) -> None:
        options = [*_SPEED, "listen_addresses=", f"unix_socket_directories={self.data}"]
        self.process = self._run(self._programs / "postgres", "-D", self.data, *(f"--{each}" for each in options))
        wait_for(self._accepts, "PostgreSQL to accept connections", seconds=max(60, PATIENCE_S))

    def _accepts(self) -> bool:
        assert self.process.poll() is None, f"postgres ended:\n{self.log_file.read_text()}"
        if "database system is ready" not in self.log_file.read_text():
            return False
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.data / ".s.PGSQL.5432")) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(2)  # SIGINT: the end does not wait for clients
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
