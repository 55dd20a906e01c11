"""A server that may be crashed, in a place where its calls do no harm: a directory of its own
(open_basedir), without the functions of skip.toml, and, if the sweep runs as root, as the user
nobody with copies of the programs."""

import functools
import os
import re
import shutil
import time
import tomllib
from pathlib import Path
from urllib.parse import urlencode

import httpx

from harness.php_build import php_prefix
from harness.raw import ProtocolError, RawClient
from harness.server import BINARY, Server
from harness.worker_processes import HOST
from sweep.findings import exit_text

HERE = Path(__file__).resolve().parent
NOBODY = 65534

REQUEST_TIMEOUT_S = 3


def skipped() -> dict:
    """Maps subjects that are never called to the reason."""
    listed = tomllib.loads((HERE / "skip.toml").read_text())
    return {name: one["reason"] for one in listed["skip"] for name in one["subjects"]}


# The program names libphp by its path, which the user nobody may not read; the copy names it by its
# name.
_LIBPHP = re.compile(rb"(?<=\0)/[^\0]*/libphp\.so(?=\0)")


def _by_name(path: re.Match) -> bytes:
    return b"libphp.so".ljust(len(path[0]), b"\0")


@functools.cache
def copies_for_nobody(directory: Path) -> Path:
    """Makes copies of the programs for the user nobody, who may not read the originals."""
    copies = directory / "programs"
    copies.mkdir()
    for program in ("tusk", HOST.name) if HOST.is_file() else ("tusk",):
        original = BINARY if program == "tusk" else HOST
        (copies / program).write_bytes(_LIBPHP.sub(_by_name, original.read_bytes()))
        (copies / program).chmod(0o755)
    # Debian's are where everybody may read them.
    for library in ("lib/libphp.so", "lib/php/extensions/*/opcache.so"):
        for original in php_prefix().glob(library):
            shutil.copy(original, copies)
    for path in (directory, copies):
        path.chmod(0o755)
    return copies


class Sandbox:
    """A running server, with additional scripts (name → text) and command-line arguments."""

    def __init__(self, directory: Path, workers: int = 3, scripts: dict | None = None, more=()):
        self.directory = directory
        self.root = directory / "root"
        self.root.mkdir(parents=True)
        for script in HERE.glob("*.php"):
            shutil.copy(script, self.root)
        for name, text in (scripts or {}).items():
            (self.root / name).write_text(text)
        (directory / "tmp").mkdir()
        self.clear_scratch()
        functions = skipped().keys() - {"exit", "die"}  # PHP refuses to disable these two
        directives = {
            "open_basedir": directory,
            "disable_functions": ",".join(functions),
            "memory_limit": "128M",
            "max_execution_time": REQUEST_TIMEOUT_S - 1,
            "sendmail_path": "/bin/true",
            "phar.readonly": 0,
            "ffi.enable": "true",
            "sys_temp_dir": directory / "tmp",
            "upload_tmp_dir": directory / "tmp",
            "session.save_path": directory / "tmp",
        }
        wrapper, env = (), {"TMPDIR": directory / "tmp"}
        if os.environ.get("SWEEP_MALLOC"):
            env |= {"USE_ZEND_ALLOC": 0, "USE_TRACKED_ALLOC": 1, "MALLOC_PERTURB_": 165}
        if os.geteuid() == 0:
            wrapper, more_directives = self._as_nobody()
            directives |= more_directives
            env["LD_LIBRARY_PATH"] = copies_for_nobody(directory.parent)
        words = [word for name, value in directives.items() for word in ("-d", f"{name}={value}")]
        self.server = Server(
            self.root,
            *("--workers", workers, "--request-timeout", f"{REQUEST_TIMEOUT_S}s", *words, *more),
            directory=directory,
            env=env,
            wrapper=wrapper,
        )
        try:
            self.server.wait_until_ready()
        except BaseException:
            self.server.kill()
            raise

    def _as_nobody(self) -> tuple:
        """Returns the arguments that change the user, and the directory of the user's programs."""
        copies = copies_for_nobody(self.directory.parent)
        for path in [self.directory, *self.directory.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        program = (
            f"shift; exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs"
            f' --pdeathsig KILL {copies}/tusk "$@"'
        )
        opcache = copies / "opcache.so"
        return ("sh", "-c", program, "sh"), {"zend_extension": opcache} if opcache.is_file() else {}

    def clear_scratch(self) -> None:
        scratch = self.root / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(exist_ok=True)
        (scratch / "file.txt").write_text("a file\n")
        if os.geteuid() == 0:
            for path in (scratch, scratch / "file.txt"):
                os.chown(path, NOBODY, NOBODY)

    # --- its state ---

    def ended(self, patience_s: float = 0) -> int | None:
        """Returns its exit status, negative for a signal; None while it runs."""
        end = time.monotonic() + patience_s
        while self.server.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        return self.server.process.poll()

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def memory_mb(self) -> int:
        pages = Path(f"/proc/{self.server.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") >> 20

    def lost_workers(self) -> int:
        try:
            return int(self.server.metrics().value("tusk_workers", state="lost"))
        except (httpx.TransportError, AssertionError):
            return 0

    def log_tail(self, lines: int = 14) -> str:
        return "\n".join(self.server.log().splitlines()[-lines:])

    def end(self) -> None:
        self.server._client and self.server._client.close()
        self.server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class Gone(Exception):
    """The server ended, with a status."""

    def __init__(self, status: int):
        super().__init__(exit_text(status))
        self.status = status


class Unanswered(Exception):
    """A request had no answer although the server still runs."""


def ask(sandbox: Sandbox, subject: str, seed: int, first: int, last: int, show=False) -> str:
    """Makes one request of the sweep; returns its body."""
    query = {"subject": subject, "seed": seed, "from": first, "to": last}
    target = "/sweep.php?" + urlencode(query | ({"show": 1} if show else {}))
    try:
        with RawClient("127.0.0.1", sandbox.server.port) as connection:
            return connection.get(target).body.decode("utf-8", "replace")
    except (OSError, ProtocolError, AssertionError) as error:
        status = sandbox.ended(3)
        if status is not None:
            raise Gone(status) from None
        raise Unanswered(repr(error)) from None
