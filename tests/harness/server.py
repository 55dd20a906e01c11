"""tusk as a process: started on ports that the kernel chooses, watched, and ended.

The test fails if the server ends in another way than the test asked for, or if a sanitizer
reports something."""

import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from harness.child import die_with_parent
from harness.prometheus import Metrics
from harness.raw import RawClient
from harness.wait import PATIENCE_S, wait_for

REPOSITORY = Path(__file__).resolve().parents[2]
PHP_SCRIPTS = REPOSITORY / "tests/php"
# The program that people start, and the one that serves: `tusk` executes it, or supervises it.
TUSK = Path(os.environ.get("TUSK_BINARY") or REPOSITORY / "build/release/tusk").absolute()
BINARY = TUSK.with_name("tusk-server")

# The executor of servers that do not choose one: tusk's default, unless the tests run with another.
EXECUTOR = os.environ.get("TUSK_TEST_EXECUTOR") or "ext"
_NAMES_EXECUTOR = {"EXECUTOR", "USE_EXT", "USE_STUB", "--executor", "--config"}

# For tests of what OPcache caches: with the executor `php` it does not cache the script itself
# (docs/scripts.md).
needs_cached_scripts = pytest.mark.skipif(
    EXECUTOR != "ext", reason="OPcache knows only what a script includes under this executor"
)

# The environment that a server under test inherits: no variable that could configure it by
# accident.
_INHERITED = re.compile(
    r"PATH|HOME|TMPDIR|TZ|LD_LIBRARY_PATH|ENGINE|(A|UB|T|L|M)SAN_OPTIONS|LLVM_PROFILE_FILE"
)

_TROUBLE = re.compile(
    r"ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: (Thread|Memory)Sanitizer"
    r"|SUMMARY: \w+Sanitizer|terminate called|Assertion .* failed|check failed"
)

_SANITIZERS = {"address": b"__asan_init", "thread": b"__tsan_init"}

# An access line, in Apache's combined format or as JSON.
_ACCESS = re.compile(r'\S+ - \S+ \[[^]]+\] "|\{[^\n]*"type":"access"')

_START = re.compile(r"\bserv(es|ing)\b .* on ")
_URL = re.compile(r"https?://(?:\[[0-9a-f:]+\]|[0-9.]+):[0-9]+")


def sanitizer() -> str:
    """Returns the sanitizer of the binary: "address", "thread", or "" for none."""
    content = BINARY.read_bytes() if BINARY.is_file() else b""
    return next((name for name, mark in _SANITIZERS.items() if mark in content), "")


# After a longjmp the address sanitizer cleans up stacks of 64 MiB at most, and is wrong from then on
# where they are larger.
_SANITIZED = ["--worker-stack-bytes", "48MiB"] if sanitizer() == "address" else []


# With a PHP that is not thread-safe, a server has one worker (TUSK_TEST_MOST_WORKERS=1), whatever a test
# asks for. An installed PHP has a php.ini of its own: TUSK_TEST_PHP_INI names another, such as /dev/null.
MOST_WORKERS = int(os.environ.get("TUSK_TEST_MOST_WORKERS") or 0)
PHP_INI = os.environ.get("TUSK_TEST_PHP_INI")
_WORKERS = ("--workers", "--resident-workers")


def _for_this_php(arguments: list, env: dict) -> list:
    """Returns the arguments with at most MOST_WORKERS workers, and with PHP_INI."""
    if "serve" not in arguments:
        return arguments
    changed = list(arguments)
    if MOST_WORKERS:
        for at, name in enumerate(changed):
            if name in _WORKERS and changed[at + 1].isdigit():
                changed[at + 1] = str(min(int(changed[at + 1]), MOST_WORKERS))
        if "--workers" not in changed and "WORKERS" not in env:
            changed += ["--workers", str(MOST_WORKERS)]
    if PHP_INI and not {"--php-ini", "-c"} & {*changed}:
        changed += ["--php-ini", PHP_INI]
    return changed


# The thread sanitizer delays a signal until the thread calls instrumented code. A loop in PHP never
# does, so time limits and signal handlers of scripts do not work with it.
needs_signals = pytest.mark.skipif(
    sanitizer() == "thread", reason="signals do not reach PHP under the thread sanitizer"
)


def environment(extra: dict | None = None) -> dict:
    """Returns the environment of a server or command under test."""
    clean = {name: value for name, value in os.environ.items() if _INHERITED.fullmatch(name)}
    return clean | {"LANG": "C.UTF-8"} | {k: str(v) for k, v in (extra or {}).items()}


def run_tusk(*args, env: dict | None = None, cwd=None) -> subprocess.CompletedProcess:
    """Runs the binary until it exits: for commands, and for starts that must fail."""
    return subprocess.run(
        [TUSK, *map(str, args)],
        env=environment(env),
        cwd=cwd,
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_S,
    )


def runs_server(pid: int) -> bool:
    """Not a child of the supervisor that writes a crash report, and none that has ended."""
    try:
        # After it has been replaced by a rename, the kernel says that it was deleted.
        program = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
        return os.path.basename(program) == BINARY.resolve().name
    except OSError:
        return False


class Server:
    """A running tusk. `url` is its address, `admin_url` the internal server's address. It is
    one process, unless it is `supervised`: then `pid` is the supervisor's."""

    def __init__(
        self,
        root,
        *args,
        directory: Path,
        env: dict | None = None,
        cwd=None,
        listen=("127.0.0.1:0",),
        internal: str = "127.0.0.1:0",
        command=("serve",),
        wrapper=(),
        pass_fds=(),
        supervised=False,
        programs: Path = TUSK.parent,
    ):
        self.root = None if root is None else Path(root)
        self.directory = directory
        self.stderr_file = directory / "stderr"
        self.stdout_file = directory / "stdout"
        self.arguments = [*map(str, wrapper), str(programs / (TUSK if supervised else BINARY).name), *command]
        for address in listen:
            self.arguments += ["--listen", address]
        if internal:
            self.arguments += ["--internal-addr", internal]
        if root is not None:
            self.arguments += ["--root", str(root)]
        if EXECUTOR != "ext" and not _NAMES_EXECUTOR & {*args, *(env or {})}:
            self.arguments += ["--executor", EXECUTOR]
        self.arguments += [*_SANITIZED, *(str(a) for a in args)]
        self.arguments = _for_this_php(self.arguments, env or {})
        self._clients = []
        self._client = None
        self._ended_as_asked = False
        self.control_socket = directory / "control.sock"
        if supervised:
            env = {"CONTROL_SOCKET": self.control_socket} | (env or {})
        with open(self.stderr_file, "wb") as err, open(self.stdout_file, "wb") as out:
            self.process = subprocess.Popen(
                self.arguments,
                env=environment(env or {}),
                cwd=cwd,
                preexec_fn=die_with_parent,
                pass_fds=pass_fds,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.pid = self.process.pid

    # --- starting ---

    def wait_until_ready(self) -> "Server":
        self.wait_until_started()
        if self.admin_url:
            wait_for(self.is_ready, "/ready to answer 200")
        return self

    def wait_until_started(self) -> None:
        self.start_line = wait_for(self._find_start_line, "the start-up line").strip()
        public, _, internal = self.start_line.partition("internal server on ")
        found = _URL.search(public)  # none: a unix socket
        self.url = found[0] if found else None
        self.port = int(self.url.rpartition(":")[2]) if found else None
        found = _URL.search(internal)
        self.admin_url = found[0] if found else None

    def _find_start_line(self) -> str | None:
        if self.process.poll() is not None:
            raise AssertionError(
                f"{' '.join(self.arguments)}\nended with status "
                f"{self.process.returncode} instead of serving:\n{self.log()}"
            )
        return next(
            (
                line
                for line in self.log().splitlines(True)
                if _START.search(line) and line.endswith("\n")
            ),
            None,
        )

    def is_ready(self) -> bool:
        try:
            return httpx.get(self.admin_url + "/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    # --- talking ---

    @property
    def client(self) -> httpx.Client:
        """Returns a client with its own keep-alive connection that does not follow redirects."""
        if self._client is None:
            self._client = self.new_client()
        return self._client

    def new_client(self, **options) -> httpx.Client:
        client = httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False, **options)
        self._clients.append(client)
        return client

    def get(self, path: str, **options) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, **options) -> httpx.Response:
        return self.client.post(path, **options)

    def raw(self) -> RawClient:
        """Returns a plain connection, for requests that no proper client would send."""
        return RawClient("127.0.0.1", self.port)

    def admin(self, path: str, method: str = "GET") -> httpx.Response:
        return httpx.request(method, self.admin_url + path, timeout=PATIENCE_S, trust_env=False)

    def metrics(self) -> Metrics:
        response = self.admin("/metrics")
        assert response.status_code == 200
        return Metrics.parse(response.text)

    def wait_for_metric(self, wanted, name: str, **labels):
        """Waits until the metric has the value `wanted`, or satisfies it if it is a function."""
        matches = wanted if callable(wanted) else lambda value: value == wanted
        return wait_for(
            lambda: matches(self.metrics().value(name, **labels)),
            f"{name}{labels or ''} to be {wanted}",
        )

    def hold_worker(self, directory: Path, name: str = "gate") -> tuple:
        """Occupies a worker with tests/php/gate.php. Returns the connection that waits for it,
        and the file whose creation lets the script go on."""
        gate, began = directory / name, directory / f"{name}-began"
        connection = self.raw().request("GET", f"/gate.php?until={gate}&began={began}")
        wait_for(began.exists, "the script to begin")
        return connection, gate

    # --- watching ---

    def log(self, since: int = 0) -> str:
        """Returns what the server wrote to stderr, without access lines; `since` is an earlier
        log_size()."""
        return "".join(line for line in self._stderr(since) if not _ACCESS.match(line))

    def _stderr(self, since: int = 0) -> list:
        text = self.stderr_file.read_bytes()[since:].decode("utf-8", "replace")
        return re.split(r"(?<=\n)", text)

    def log_size(self) -> int:
        return self.stderr_file.stat().st_size

    def wait_for_log(self, pattern: str, since: int = 0) -> re.Match:
        return self._wait_for_text(lambda: self.log(since), pattern, "log")

    def access_log(self) -> str:
        return "".join(line for line in self._stderr() if _ACCESS.match(line))

    def wait_for_access_log(self, pattern: str) -> re.Match:
        return self._wait_for_text(self.access_log, pattern, "access log")

    @staticmethod
    def _wait_for_text(read, pattern: str, name: str) -> re.Match:
        try:
            return wait_for(lambda: re.search(pattern, read()), f"{pattern!r} in the {name}")
        except AssertionError as error:
            raise AssertionError(f"{error}, which says:\n{read()[-3000:]}") from None

    def server_pids(self) -> list:
        """The server processes of a supervisor, in the order of their start."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split() if runs_server(int(pid))]

    def command(self, *words) -> subprocess.CompletedProcess:
        """Runs one of the operator's commands for this server: `tusk reload` and the like."""
        return run_tusk(*words, "--control-socket", self.control_socket)

    # --- ending ---

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait_for_exit(self, seconds: float = PATIENCE_S) -> int:
        """Waits for the exit that the test has caused, and returns the exit status."""
        self._ended_as_asked = True
        return self.process.wait(seconds)

    def stop(self) -> None:
        """Ends the server as a service manager would, and expects a clean exit. Does nothing if
        the test has already seen the exit."""
        for client in self._clients:
            client.close()
        if self._ended_as_asked:
            self.check_log()
            return
        early = self.process.poll()
        assert early is None, f"the server ended by itself with status {early}:\n{self._tail()}"
        self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"still there {PATIENCE_S:g} s after SIGTERM:\n{self._tail()}"
            ) from None
        assert status == 0, f"exit status {status} after SIGTERM:\n{self._tail()}"
        self._ended_as_asked = True
        self.check_log()

    def kill(self) -> None:
        """Makes sure that the process is gone, however the test ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def check_log(self) -> None:
        found = _TROUBLE.search(self.log())
        assert not found, f"trouble in the log:\n{self.log()[max(0, found.start() - 200):][:6000]}"

    def _tail(self) -> str:
        return "\n".join(self.log().splitlines()[-40:])
