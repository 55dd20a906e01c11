"""Many concurrent clients that check every answer: a request that was begun must be answered
completely, otherwise it is reported as a failure with its history."""

import threading
from dataclasses import dataclass, field

from harness.raw import ProtocolError, RawClient


@dataclass
class Outcome:
    answered: int = 0
    failures: list = field(default_factory=list)


class Load:
    """Runs `keep` clients that keep their connections and `fresh` clients with a new connection for
    each request, until no_more_connections() was called and each client's connection has been
    closed.

    `connect` opens a connection to a port.

    The server may close a connection only between two requests, and only after `Connection:
    close`."""

    def __init__(self, port: int, keep: int = 12, fresh: int = 4, connect=None):
        self._port = port
        self._connect = connect or (lambda port: RawClient("127.0.0.1", port))
        self._lock = threading.Lock()  # held while connecting, and while this is forbidden
        self._connecting_allowed = True
        self._outcome = Outcome()
        self._threads = [
            threading.Thread(target=self._client, args=(n, n >= keep), daemon=True)
            for n in range(keep + fresh)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.no_more_connections()

    def answered(self) -> int:
        with self._lock:
            return self._outcome.answered

    def no_more_connections(self, then=lambda: None) -> None:
        """Makes clients use only the connections that they have from now on. Calls `then` while
        no client is connecting, so every connection was established before."""
        with self._lock:
            self._connecting_allowed = False
            then()

    def finish(self) -> Outcome:
        """Waits until the server has closed the connection of every client."""
        for thread in self._threads:
            thread.join()
        return self._outcome

    def _client(self, number: int, fresh: bool) -> None:
        sequence, connection = 0, None
        try:
            while True:
                if connection is None:
                    with self._lock:
                        if not self._connecting_allowed:
                            return
                        connection = self._connect(self._port)
                sequence += 1
                if not self._ask(connection, f"{number}-{sequence}", sequence, fresh):
                    connection.close()
                    connection = None
        except (AssertionError, OSError, ProtocolError) as error:
            with self._lock:
                self._outcome.failures.append(f"client {number}, request {sequence}: {error!r}")
        finally:
            if connection is not None:
                connection.close()

    def _ask(self, connection: RawClient, name: str, sequence: int, fresh: bool) -> bool:
        """Makes one request; returns whether the connection can take another."""
        lines = ["Connection: close"] if fresh else []
        if sequence % 3 == 0:
            body = b"x" * (sequence * 997 % 100_000 + 1)
            response = connection.request(
                "POST", f"/work.php?n={name}", *lines, body=body
            ).response()
            expected = f"POST {name} {len(body)}"
        else:
            response = connection.get(f"/work.php?n={name}", *lines)
            expected = f"GET {name} 0"
        assert (response.status, response.text) == (200, expected), (response.status, response.text)
        with self._lock:
            self._outcome.answered += 1
        if response.header("connection") == "close":
            connection.expect_closed()
            return False
        return True
