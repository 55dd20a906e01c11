"""Attackers and bystanders for the drills: many connections in one thread, a normal client in
another, and a record of the server's memory."""

import contextlib
import resource
import select
import socket
import time
from pathlib import Path

import httpx

from harness.background import Background
from harness.wait import PATIENCE_S


def allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


class Swarm:
    """Connections that all do the same."""

    def __init__(self, port: int, count: int, receive_buffer: int | None = None):
        allow_descriptors(count + 512)
        self.sockets = []
        for number in range(count):
            one = socket.socket()
            if receive_buffer:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            # Connections come from several addresses, so that they are not all one client.
            one.bind((f"127.0.1.{1 + number % 200}", 0))
            one.settimeout(PATIENCE_S)
            one.connect(("127.0.0.1", port))
            one.setblocking(False)
            self.sockets.append(one)
        self.open = set(self.sockets)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    def send(self, data: bytes) -> int:
        """Sends to all open connections; returns how many accepted some of it."""
        took = 0
        for one in list(self.open):
            try:
                took += one.send(data) > 0
            except BlockingIOError:
                continue
            except OSError:
                self.open.discard(one)
        return took

    def take(self, size: int) -> None:
        """Reads a little from each."""
        for one in list(self.open):
            with contextlib.suppress(BlockingIOError):
                try:
                    if not one.recv(size):
                        self.open.discard(one)
                except ConnectionResetError:
                    self.open.discard(one)

    def drop_closed(self) -> int:
        """Forgets connections that the server has closed; returns how many are left."""
        poller = select.poll()
        by_number = {one.fileno(): one for one in self.open}
        for number in by_number:
            poller.register(number, select.POLLRDHUP | select.POLLHUP)
        for number, _ in poller.poll(0):
            self.open.discard(by_number[number])
        return len(self.open)


class SlowReaders(Background):
    """Clients that request a response and read one byte a second of it; a client that is closed
    comes back."""

    def __init__(self, port: int, request: bytes, addresses: int = 1, count: int = 90):
        super().__init__()
        allow_descriptors(2000)
        self._port, self._request, self._addresses, self._count = port, request, addresses, count

    def _begin(self, number: int) -> socket.socket:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.bind((f"127.0.1.{1 + number % self._addresses}", 0))
        one.settimeout(PATIENCE_S)
        one.connect(("127.0.0.1", self._port))
        with contextlib.suppress(OSError):
            one.sendall(self._request)
        one.setblocking(False)
        return one

    def _run(self, _number: int):
        readers = [self._begin(number) for number in range(self._count)]
        while not self._stop.wait(1):
            for number, one in enumerate(readers):
                try:
                    byte = one.recv(1)
                except BlockingIOError:
                    continue
                except OSError:
                    byte = b""
                if not byte:
                    one.close()
                    readers[number] = self._begin(number)
        for one in readers:
            one.close()


class Bystander(Background):
    """A normal client, with a new connection for each request. Failures are kept."""

    def __init__(self, url: str):
        super().__init__()
        self._url = url
        self.seconds = []
        self.failures = []

    def _run(self, _number: int):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                response = httpx.get(self._url + "/hello.php", timeout=PATIENCE_S, trust_env=False)
                if response.text != "Hello World!":
                    self.failures.append(response.status_code)
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
            self.seconds.append(time.monotonic() - began)
            self._stop.wait(0.02)

    def check(self) -> None:
        assert not self.failures, (len(self.failures), self.failures[:3])
        assert len(self.seconds) >= 3, "the bystander hardly ever asked"


class Memory:
    """The process's memory now, and its maximum since the last look."""

    def __init__(self, pid: int):
        self._pid = pid
        self.before = self.now()
        self.most = self.before

    def now(self) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def look(self) -> None:
        self.most = max(self.most, self.now())

    def check(self, name: str, bound_mb: int) -> None:
        grown = (self.most - self.before) / 1e6
        print(f"\n{name}: {self.before / 1e6:.0f} MB before, {grown:.1f} MB more at most")
        assert grown < bound_mb, f"{grown:.0f} MB more, {bound_mb} were allowed"
