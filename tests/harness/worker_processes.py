"""The processes of a server whose workers are processes, and a load that counts statuses."""

import contextlib
import os
import threading
from pathlib import Path

from harness.server import TUSK
from harness.wait import wait_for

HOST = TUSK.with_name("tusk-php-host")


def children(pid: int) -> list:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found


def hosts_of(server_pid: int) -> list:
    def is_host(pid: int) -> bool:
        with contextlib.suppress(OSError):  # it has ended
            return os.readlink(f"/proc/{pid}/exe") == str(HOST.resolve())
        return False

    return [pid for pid in children(server_pid) if is_host(pid)]


def host_of(server_pid: int) -> int:
    return wait_for(lambda: hosts_of(server_pid), "a PHP host")[0]


def runs(pid: int) -> bool:
    """Not a zombie, for which its new parent has not waited yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Load:
    """Requests of several clients until stop(), which returns how often each status came."""

    def __init__(self, tusk, path="/pid.php", clients=3):
        self._stop = threading.Event()
        self.statuses = []
        self._threads = [threading.Thread(target=self._ask, args=(tusk.new_client(), path))
                         for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self, client, path):
        while not self._stop.is_set():
            self.statuses.append(client.get(path).status_code)

    def wait_for_more(self, count=100):
        wanted = len(self.statuses) + count
        wait_for(lambda: len(self.statuses) >= wanted, "more answers")

    def stop(self) -> dict:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return {status: self.statuses.count(status) for status in set(self.statuses)}
