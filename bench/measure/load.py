"""Puts load on a server with wrk or h2load, and checks a response before and after it."""

import http.client
import io
import json
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from measure.errors import BenchError
from measure.scenario import Scenario

PATIENCE_S = 10
WRK_SCRIPT = Path(__file__).with_name("wrk.lua")
WRK_MANY_SCRIPT = Path(__file__).with_name("wrk_many.lua")
WRK_COOKIES_SCRIPT = Path(__file__).with_name("wrk_cookies.lua")
# The mean size of a response may differ this much from the size of the checked one, because of a
# date or a number of another length and of responses in transit at the end.
SIZE_TOLERANCE = 0.03


@dataclass
class LoadResult:
    requests: int
    seconds: float
    p50_us: int
    p99_us: int
    max_us: int
    bytes: int
    errors: dict[str, int] = field(default_factory=dict)  # kind → how many; zeros are left out

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds


class _CountingReader(io.RawIOBase):
    def __init__(self, connection: socket.socket):
        self._connection = connection
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        got = self._connection.recv_into(buffer)
        self.count += got
        return got

    def makefile(self, _mode: str) -> io.BufferedReader:  # all that HTTPResponse needs
        return io.BufferedReader(self)


def _connect(port: int, tls: bool) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    if not tls:
        return connection
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return trusting.wrap_socket(connection)


def fetch(port: int, path: str, headers: dict[str, str] | None = None,
          tls: bool = False) -> tuple[int, bytes, int]:
    """Returns status, body and size of a GET as wrk sends it, without TLS's own bytes."""
    fields = {"Host": f"127.0.0.1:{port}", **(headers or {})}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    head = "\r\n".join(lines) + "\r\n\r\n"
    with _connect(port, tls) as connection:
        connection.sendall(head.encode())
        reader = _CountingReader(connection)
        response = http.client.HTTPResponse(reader, method="GET")  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise BenchError(f"GET {path}: {error!r}") from error
        return response.status, body, reader.count


def fetch_decoded(port: int, scenario: Scenario) -> bytes:
    """Returns the body as curl decodes it, because Python only knows gzip."""
    headers = [part for name, value in scenario.headers.items() for part in ("-H", f"{name}: {value}")]
    return subprocess.run(
        ["curl", "-sS", "--compressed", "--max-time", str(PATIENCE_S), *headers,
         f"http://127.0.0.1:{port}{scenario.path}"], capture_output=True, check=True).stdout


def check_response(name: str, port: int, scenario: Scenario, log: Path) -> int:
    """Fails unless the server's response is right; returns its size on the wire."""
    try:
        status, body, size = fetch(port, scenario.path, scenario.headers, scenario.tls)
        if scenario.coding is not None:
            if size >= len(scenario.body):
                raise BenchError(f"the response is not compressed: {size} bytes")
            body = fetch_decoded(port, scenario)
    except (OSError, BenchError, subprocess.CalledProcessError) as error:
        raise BenchError(f"{name}: {error}", log) from error
    if status != 200 or body != scenario.body:
        raise BenchError(
            f"{name} answers {scenario.path} with status {status} and {body[:200]!r} "
            f"({len(body)} bytes); expected 200 and {scenario.body[:60]!r} "
            f"({len(scenario.body)} bytes)", log)
    return size


def run_wrk(port: int, scenario: Scenario, connections: int, seconds: int) -> LoadResult:
    program = shutil.which("wrk")
    if program is None:
        raise BenchError("wrk is not installed (Debian package wrk)")
    command = [program, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{PATIENCE_S}s",
               "-s", str(WRK_MANY_SCRIPT if scenario.many else
                         WRK_COOKIES_SCRIPT if scenario.cookies else WRK_SCRIPT)]
    for name, value in scenario.headers.items():
        command += ["-H", f"{name}: {value}"]
    scheme = "https" if scenario.tls else "http"
    command.append(f"{scheme}://127.0.0.1:{port}{scenario.path}")
    if scenario.many:
        command += ["--", str(scenario.many)]
    elif scenario.cookies:
        command += ["--", str(scenario.cookies)]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=seconds + 6 * PATIENCE_S)
    lines = [line for line in done.stdout.splitlines() if line.startswith("result ")]
    if done.returncode != 0 or len(lines) != 1:
        raise BenchError(f"wrk failed (status {done.returncode}):\n{done.stdout}{done.stderr}")
    result = json.loads(lines[0].removeprefix("result "))
    if result["requests"] == 0:
        raise BenchError(f"wrk got no response: {result['errors']}")
    return LoadResult(
        requests=result["requests"], seconds=result["duration_us"] / 1e6,
        p50_us=result["p50_us"], p99_us=result["p99_us"], max_us=result["max_us"],
        bytes=result["bytes"], errors={k: n for k, n in result["errors"].items() if n})


_H2LOAD_COUNTS = re.compile(
    r"requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, "
    r"(\d+) timeout")
_H2LOAD_DATA = re.compile(r"\((\d+)\) data$", re.M)


def run_h2load(port: int, scenario: Scenario, connections: int, seconds: int) -> LoadResult:
    """Like run_wrk, over HTTP/2: as many concurrent requests on fewer connections. `bytes`
    counts bodies."""
    connections = max(1, connections // scenario.streams)
    program = shutil.which("h2load")
    if program is None:
        raise BenchError("h2load is not installed (Debian package nghttp2-client)")
    with tempfile.NamedTemporaryFile(prefix="tusk-h2load-") as log:
        command = [program, "-t1", f"-c{connections}", f"-m{scenario.streams}", f"-D{seconds}",
                   f"--log-file={log.name}"]
        for name, value in scenario.headers.items():
            command += ["-H", f"{name}: {value}"]
        command.append(f"http://127.0.0.1:{port}{scenario.path}")
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=seconds + 6 * PATIENCE_S)
        times = sorted(int(line.rsplit(b"\t", 1)[1]) for line in log)
    counts, data = _H2LOAD_COUNTS.search(done.stdout), _H2LOAD_DATA.search(done.stdout)
    if done.returncode != 0 or not counts or not data or not times:
        raise BenchError(f"h2load failed (status {done.returncode}):\n{done.stdout}{done.stderr}")
    requests, *bad = (int(count) for count in counts.groups())
    errors = dict(zip(("failed", "errored", "timeout"), bad, strict=True))
    return LoadResult(
        requests=requests, seconds=float(seconds),
        p50_us=times[len(times) // 2], p99_us=times[len(times) * 99 // 100], max_us=times[-1],
        bytes=int(data[1]), errors={kind: n for kind, n in errors.items() if n})


def check_size(load: LoadResult, size: int) -> None:
    """wrk distinguishes only 4xx and 5xx from 200, so a wrong size reveals other failures. It
    counts as an error."""
    mean = load.bytes / load.requests
    if abs(mean - size) > SIZE_TOLERANCE * size:
        load.errors[f"responses of {mean:.0f} bytes instead of {size}"] = load.requests
