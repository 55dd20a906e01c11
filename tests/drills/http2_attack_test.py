"""HTTP/2 under attack. Each drill has many attackers at once. Throughout, clients of both HTTP
versions must get their answers, and afterwards the server's memory must not have grown beyond a
bound.

The attackers stop after a number of connections, not after a time. docs/http2.md has the
measured values."""

import struct
import threading
from pathlib import Path

import pytest

from harness.http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Client,
    RudeClient,
    block,
    frame,
    literal,
    number,
)
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for

ATTACKERS = 8
CONNECTIONS = 6  # of each, one after another

# The most by which the server's memory may grow. Sanitizers keep freed memory.
BOUND_BYTES = (48 << 20) if not sanitizer() else (1 << 30)


def memory(pid: int, what: str = "VmRSS") -> int:
    """Returns resident memory now, or its peak (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {what} of {pid}")


class Witness:
    """A client of each HTTP version that keeps making requests and records failures."""

    def __init__(self, tusk):
        self.answers = {"HTTP/1.1": 0, "HTTP/2": 0}
        self.trouble = []
        self._tusk = tusk
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=run) for run in (self._http1, self._http2)]

    def __enter__(self) -> "Witness":
        for thread in self._threads:
            thread.start()
        wait_for(lambda: self.trouble or min(self.answers.values()) > 0, "the first answers")
        return self

    def __exit__(self, *_) -> None:
        seen = dict(self.answers)
        wait_for(
            lambda: self.trouble or all(self.answers[k] > seen[k] for k in seen), "answers afterwards"
        )
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self.trouble, self.trouble

    def _http1(self) -> None:
        try:
            with self._tusk.raw() as client:
                while not self._stop.is_set():
                    assert client.get("/hello.php").text == "Hello World!"
                    self.answers["HTTP/1.1"] += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.trouble.append(repr(error))

    def _http2(self) -> None:
        try:
            with Http2Client(self._tusk.port) as client:
                while not self._stop.is_set():
                    assert client.get("/hello.php").text == "Hello World!"
                    self.answers["HTTP/2"] += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.trouble.append(repr(error))


def attack(tusk, one, connections: int = CONNECTIONS) -> dict:
    """Runs `one(port)` many times concurrently; returns each result and how often it occurred."""
    outcomes, errors, lock = {}, [], threading.Lock()

    def attacker():
        try:
            for _ in range(connections):
                outcome = one(tusk.port)
                with lock:
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(repr(error))

    threads = [threading.Thread(target=attacker) for _ in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    return outcomes


def flood(port: int, bytes_of, most: int, reads: bool = True) -> int | str:
    """Sends bytes_of(n) until the server ends the connection; returns the error code."""
    with RudeClient(port) as client:
        for n in range(most):
            if not client.send(bytes_of(n)) or (reads and not client.drain()):
                break
            if bytes_of is reset_by_error and not client.answered_resets(10 * (n + 1)):
                break
        try:
            return client.wait_for_goaway()
        except AssertionError:
            return "closed"


def rapid_reset(n: int) -> bytes:
    streams = range(2 * 50 * n + 1, 2 * 50 * (n + 1), 2)
    return b"".join(
        frame(HEADERS, END_STREAM | END_HEADERS, stream, block()) + frame(RST_STREAM, 0, stream, number(8))
        for stream in streams
    )


def reset_by_error(n: int) -> bytes:
    """Makes the server reset streams (CVE-2025-8671) with a window beyond its maximum. The
    streams are so few that they never exceed what a client may have open."""
    streams = range(2 * 10 * n + 1, 2 * 10 * (n + 1), 2)
    return b"".join(
        frame(HEADERS, END_HEADERS, stream, block()) + frame(WINDOW_UPDATE, 0, stream, number(2**31 - 1))
        for stream in streams
    )


def pings(_: int) -> bytes:
    return frame(PING, 0, 0, b"12345678") * 500


def settings(_: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535)) * 500


def empty_data(n: int) -> bytes:
    begin = frame(HEADERS, END_HEADERS, 1, block("/hello.php", "POST")) if n == 0 else b""
    return begin + frame(DATA, 0, 1) * 500


def continuations(n: int) -> bytes:
    begin = frame(HEADERS, END_STREAM, 1, block()) if n == 0 else b""
    return begin + frame(CONTINUATION, 0, 1, literal("x-flood", "y" * 100)) * 100


def hpack_bomb(n: int) -> bytes:
    """One field of 4 kB, then one byte for each repetition: a frame stands for 60 MB."""
    fields = block() + literal("x-bomb", "b" * 4000, indexed=True) + b"\xbe" * 12000
    return frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, fields)


def window_updates(_: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, 0, number(1)) * 500


FLOODS = {
    "resets": [rapid_reset, reset_by_error],
    "pings": [pings],
    "settings": [settings],
    "empty_frames": [empty_data],
    "continuations": [continuations],
    "header_list": [hpack_bomb],
    "window_updates": [window_updates],
}


@pytest.mark.parametrize(
    ("violation", "bytes_of"),
    [(violation, made) for violation, all_made in FLOODS.items() for made in all_made],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_floods(start_tusk, violation, bytes_of):
    """Each attacker gets ENHANCE_YOUR_CALM and is closed; the attack is counted; other clients
    are not affected."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    with Witness(tusk) as witness:
        before = memory(tusk.pid)
        outcomes = attack(tusk, lambda port: flood(port, bytes_of, 1000))
    assert outcomes.keys() <= {ENHANCE_YOUR_CALM, "closed"}, outcomes
    assert outcomes.get(ENHANCE_YOUR_CALM, 0) >= ATTACKERS * CONNECTIONS // 2, outcomes
    # Many SETTINGS in one packet exceed the number of unread answers: then that limit ends the
    # connection.
    metrics = tusk.metrics()
    counted = sum(
        metrics.value("tusk_http2_violations_total", violation=kind) for kind in (violation, "acks")
    )
    assert counted == ATTACKERS * CONNECTIONS
    tusk.wait_for_metric(lambda value: value <= 3, "tusk_active_connections")
    grown = memory(tusk.pid, "VmHWM") - before
    print(f"{bytes_of.__name__}: peak +{grown / 2**20:.1f} MiB, answers {witness.answers}")
    assert grown < BOUND_BYTES


def test_pings_without_reading(start_tusk):
    """Unread answers do not accumulate: the server stops reading from the client."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--write-timeout", "1s",
                      "--http2-max-control-frames", 1_000_000)
    with Witness(tusk) as witness:
        before = memory(tusk.pid)

        def one(port):
            client = RudeClient(port)
            client.set_receive_buffer(4096)
            client._socket.settimeout(0.2)  # the server stops reading: sending gets stuck
            try:
                for _ in range(2000):
                    client._socket.sendall(pings(0))
            except (TimeoutError, ConnectionError):
                pass
            return client

        held = []
        attack(tusk, lambda port: held.append(one(port)) or "sent", connections=2)
        grown = memory(tusk.pid, "VmHWM") - before
        for client in held:
            client.close()
    print(f"pings unread: peak +{grown / 2**20:.1f} MiB, answers {witness.answers}")
    assert grown < BOUND_BYTES


@pytest.mark.parametrize("path", ["/large.bin", "/output.php?mib=1"])
@pytest.mark.parametrize("kind", ["zero_window", "slow_read"])
def test_windows_that_do_not_open(start_tusk, make_root, path, kind):
    """Sixteen connections with fifty responses each that are not read, or a byte at a time: no
    other client waits, and the memory for them is bounded. integration/http2_test.py tests the
    time after which they are reset."""
    root = make_root({"large.bin": b"x" * 1_000_000,
                      "hello.php": (PHP_SCRIPTS / "hello.php").read_bytes(),
                      "output.php": (PHP_SCRIPTS / "output.php").read_bytes()})
    tusk = start_tusk(root, "--workers", 2, "--queue-capacity", 2000)
    window = struct.pack(">HI", 4, 0 if kind == "zero_window" else 1)
    with Witness(tusk) as witness:
        before = memory(tusk.pid)
        held = []
        for _ in range(16):
            client = RudeClient(tusk.port, window)
            client.send(b"".join(
                frame(HEADERS, END_STREAM | END_HEADERS, stream, block(path))
                for stream in range(1, 101, 2)
            ))
            held.append(client)
        wait_for(
            lambda: all(_heads(client) == 50 for client in held), "all heads, and no more"
        )
        for _ in range(20 if kind == "slow_read" else 0):
            for client in held:
                client.send(b"".join(
                    frame(WINDOW_UPDATE, 0, stream, number(1)) for stream in range(1, 101, 2)
                ))
        grown = memory(tusk.pid, "VmHWM") - before
        for client in held:
            client.close()
        tusk.wait_for_metric(lambda value: value <= 3, "tusk_active_connections")
    print(f"{kind} {path}: peak +{grown / 2**20:.1f} MiB, answers {witness.answers}")
    # A script's output is kept, up to --response-memory-total-bytes in total.
    kept = 64 << 20 if "php" in path else 0
    assert grown < kept + BOUND_BYTES


def test_responses_of_one_connection_have_a_common_bound(start_tusk):
    """One client requests 4 MiB a hundred times and reads nothing: memory and memfds hold less
    than one spool and a little for each response. Other clients are answered, for which some of
    its responses are closed; when it reads, it gets all responses that were kept."""
    spool = 16 << 20
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--queue-capacity", 2000,
                      "--response-spool-bytes", spool)

    def kept():
        return memory(tusk.pid) + _memfds(tusk.pid)

    with Http2Client(tusk.port, reads_bodies=False) as client:
        before = kept()
        streams = [client.request("/output.php?mib=4") for _ in range(100)]
        most = 0

        def full():
            nonlocal most
            client.ping()
            most = max(most, kept() - before)
            busy = tusk.metrics().value("tusk_workers", state="busy")
            return most > spool // 2 and busy == 2

        wait_for(full, "the scripts to wait")
        for _ in range(50):
            full()
        print(f"one connection, 100 x 4 MiB: kept +{most / 2**20:.1f} MiB")
        assert most < spool + 100 * (640 << 10)
        with Http2Client(tusk.port) as other:
            assert other.get("/hello.php").text == "Hello World!"
        closed = {stream for stream in streams if client.streams[stream].reset is not None}
        client.connection.increment_flow_control_window(2**30)
        for stream in set(streams) - closed:
            client.connection.increment_flow_control_window(8 << 20, stream)
        client.flush()
        whole = 0
        for number in streams:
            stream = client.streams[number]
            client.wait(lambda s=stream: s.ended or s.reset is not None, "the end of a response")
            whole += stream.ended
            assert stream.reset is not None or len(stream.body) == 4 << 20
        print(f"{whole} of 100 responses were whole")
        assert whole >= spool // (4 << 20) - 1


def _memfds(pid: int) -> int:
    total = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "tusk-response" in str(link.readlink()):
                total += link.stat().st_blocks * 512
        except OSError:
            pass
    return total


def _heads(client) -> int:
    client.drain()
    client.heads = getattr(client, "heads", 0) + sum(
        1 for kind, *_ in client.frames() if kind == HEADERS
    )
    return client.heads
