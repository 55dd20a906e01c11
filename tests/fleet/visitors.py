"""Visitors with a session each, who count their own requests."""

import http.client
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Visit:
    """What one visitor has seen. `counts` are those of the session, in their order."""

    counts: list = field(default_factory=list)
    servers: set = field(default_factory=set)
    failures: list = field(default_factory=list)  # (begun, ended, what)


class Visitors:
    def __init__(self, port: int, number: int = 6, pause: float = 0.05):
        self._port, self._pause = port, pause
        self._over = threading.Event()
        self.visits = [Visit() for _ in range(number)]
        self._threads = [threading.Thread(target=self._visit, args=(visit,)) for visit in self.visits]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, visit: Visit) -> None:
        cookie = None
        while not self._over.wait(self._pause):
            begun = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                headers = {"Cookie": cookie} if cookie else {}
                connection.request("GET", "/session_count.php", headers=headers)
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, f"status {response.status}"
                cookie = cookie or response.getheader("Set-Cookie").partition(";")[0]
                visit.counts.append(int(body))
                visit.servers.add(response.getheader("X-Server"))
            except (OSError, AssertionError, ValueError, http.client.HTTPException) as error:
                visit.failures.append((begun, time.monotonic(), repr(error)))
            finally:
                connection.close()
