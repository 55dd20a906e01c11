"""Uploads that together are far larger than body_memory_total_bytes: the process holds little
more memory than that, although each upload alone would be kept in memory."""

import pytest

from drills.attack import Memory
from harness.http2 import Http2Client
from harness.server import PHP_SCRIPTS, sanitizer

MIB = 1 << 20
BODY = 9_000_000
TOTAL = 32 * MIB
# Allowed in addition to the bodies: buffers of connections, and growth of code and tables.
BESIDE_MB = 16 + (2000 if sanitizer() else 0)


class Http1Upload:
    def __init__(self, tusk):
        self._client = tusk.raw()

    def begin(self) -> None:
        self._client.send(
            f"POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY}\r\n\r\n".encode()
        )
        self._client.send(b"x" * (BODY - 1))

    def end(self) -> int:
        self._client.send(b"x")
        return self._client.response().status

    def close(self) -> None:
        self._client.close()


class Http2Upload:
    def __init__(self, tusk):
        self._client = Http2Client(tusk.port)

    def begin(self) -> None:
        self._stream = self._client.request("/request.php", method="POST", end=False)
        self._client.send_body(self._stream, b"x" * (BODY - 1), end=False)

    def end(self) -> int:
        self._client.send_body(self._stream, b"x")
        return self._client.response(self._stream).status

    def close(self) -> None:
        self._client.close()


@pytest.mark.parametrize(
    ("upload", "count"), [(Http1Upload, 60), (Http2Upload, 20)], ids=["http1", "http2"]
)
def test_uploads_stay_within_their_common_memory_limit(start_tusk, upload, count):
    """The peak memory stays below the limit and a margin."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--body-memory-bytes", 20 * MIB,
                      "--body-memory-total-bytes", TOTAL, "--body-timeout", "10m",
                      "--header-timeout", "10m",
                      "--max-connections-per-client", 1000, "--body-min-rate", 0)
    assert tusk.get("/hello.php").status_code == 200
    memory = Memory(tusk.pid)
    uploads = [upload(tusk) for _ in range(count)]
    try:
        for one in uploads:
            one.begin()
            memory.look()
        tusk.wait_for_metric(
            lambda value: value >= count * (BODY - 1), "tusk_received_bytes_total"
        )
        held = tusk.metrics().value("tusk_bodies_held_bytes", body="request", place="memory")
        assert held <= TOTAL
        memory.look()
        memory.check(f"{count} uploads of 9 MB", round(TOTAL * 1.1 / 1e6) + BESIDE_MB)
        assert {one.end() for one in uploads} == {200}
    finally:
        for one in uploads:
            one.close()
