"""A MariaDB server for the tests: data in a temporary directory, a private unix socket, no
network, ended by its process id."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from harness.child import die_with_parent
from harness.wait import PATIENCE_S, wait_for

_MEMORY_AND_SPEED = [
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--performance-schema=OFF",
    "--max-connections=40",
]


def _program(*names: str) -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin"
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise RuntimeError(f"no {names[0]}: install mariadb-server-core (make deps does)")


class MariaDB:
    user, password = "application", "s3cret"

    def __init__(self, databases: list):
        # Not pytest's tmp_path: a socket's path may have at most 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="tusk-db-"))
        self.socket = self.directory / "socket"
        self.log_file = self.directory / "log"
        self.process = None
        try:
            self._create(databases)
            self._start()
        except BaseException:
            self.stop()
            raise

    def _create(self, databases: list) -> None:
        self._common = [
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory}",
        ]
        if os.geteuid() == 0:
            self._common.append("--user=root")
        done = subprocess.run(
            [
                _program("mariadb-install-db"),
                *self._common,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
            ],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, f"mariadb-install-db failed:\n{done.stdout}"
        account = f"'{self.user}'@'localhost'"
        statements = [f"CREATE USER {account} IDENTIFIED BY '{self.password}';"]
        for name in databases:
            statements.append(f"CREATE DATABASE {name} CHARACTER SET utf8mb4;")
            statements.append(f"GRANT ALL ON {name}.* TO {account};")
        (self.directory / "init.sql").write_text("\n".join(statements) + "\n")

    def _start(self) -> None:
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [
                    _program("mariadbd", "mysqld"),
                    *self._common,
                    "--skip-networking",
                    f"--socket={self.socket}",
                    f"--pid-file={self.directory / 'pid'}",
                    f"--init-file={self.directory / 'init.sql'}",
                    *_MEMORY_AND_SPEED,
                ],
                preexec_fn=die_with_parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self._greets, "MariaDB to accept connections", seconds=max(60, PATIENCE_S))

    def _greets(self) -> bool:
        assert self.process.poll() is None, f"mariadbd ended:\n{self.log_file.read_text()}"
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.settimeout(PATIENCE_S)
                connection.connect(str(self.socket))
                return len(connection.recv(5)) == 5  # the start of its greeting
            except OSError:
                return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
