"""Nothing leaks: after 200,000 requests of every kind, memory, descriptors, temporary files and
threads are where they were after the first 20,000. TUSK_SOAK_REQUESTS is the number (200000)."""

import contextlib
import os
import random
import re
import threading

import pytest

from harness.raw import ProtocolError, RawClient
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for

REQUESTS = int(os.environ.get("TUSK_SOAK_REQUESTS", "200000"))
WORKERS = 4
CLIENTS = 12
# After the first tenth the allocators' arenas still grow a little; a leak of 64 bytes a request
# would exceed this.
GROWTH = 8 * 1024 * 1024

pytestmark = pytest.mark.timeout(3600)

LENGTH = """<?php
echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['n'], ' ', strlen(file_get_contents('php://input'));
"""


# Each kind makes a request on a new or a kept connection, checks the answer, and returns whether
# the connection can be used again.


def hello(connection, dice):
    response = connection.get("/hello.php")
    return response.status == 200 and response.text == "Hello World!"


def query(connection, dice):
    text = "v" * dice.randrange(2000)
    response = connection.get(f"/request.php?a[]=1&b={text}", f"Cookie: c={dice.random()}; d=2")
    return response.status == 200 and text in response.text


def head(connection, dice):
    connection.request("HEAD", "/hello.php")
    return connection.response("HEAD").status == 200


def form(connection, dice):
    body = b"field=" + b"x" * dice.choice([0, 10, 1000, 50_000, 600_000])
    response = connection.request(
        "POST", "/length.php?n=7", "Content-Type: application/x-www-form-urlencoded", body=body
    ).response()
    return response.text == f"POST 7 {len(body)}"


def chunked(connection, dice):
    size = dice.randrange(1, 40_000)
    connection.send(
        "POST /length.php?n=8 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"{size:x}\r\n{'y' * size}\r\n0\r\n\r\n"
    )
    return connection.response().text == f"POST 8 {size}"


def upload(connection, dice):
    size = dice.choice([0, 100, 30_000, 700_000])
    body = (
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + b"z" * size + b"\r\n"
        b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\ntext\r\n--B--\r\n'
    )
    response = connection.request(
        "POST", "/upload.php", "Content-Type: multipart/form-data; boundary=B", body=body
    ).response()
    return response.status == 200 and f'"size":{size}' in response.text


def session(connection, dice):
    name = f"soak{dice.randrange(50)}"
    end = "&end=1" if dice.random() < 0.05 else ""
    response = connection.get(f"/session.php?note={name}{end}", f"Cookie: PHPSESSID={name}")
    return response.status == 200 and response.text.endswith(" " + name)


def redirect(connection, dice):
    case = dice.choice(["redirect", "redirect_with_code", "cookies", "after_exit", "buffer"])
    return connection.get(f"/headers.php?case={case}").status in (302, 307, 200, 202)


def error(connection, dice):
    script = dice.choice(
        ["fatal", "exception", "parse_error", "compile_error", "memory", "exits", "warnings"]
        + ["exception_in_destructor", "exit_in_shutdown", "fatal_in_shutdown", "recursion"]
        + ["throwing_buffer", "nested_buffer", "session_handler_throws", "user_error"]
    )
    cookie = f"Cookie: PHPSESSID=soak{dice.randrange(50)}"
    return connection.get(f"/nasty/{script}.php", cookie).status in (200, 500)


def missing(connection, dice):
    path = dice.choice(["/nothing", "/nothing.php", "/%2e%2e/%2e%2e/etc/passwd", "/hello.php.bak"])
    return connection.get(path).status in (400, 404)


def static(connection, dice):
    lines = dice.choice([[], ["Range: bytes=10-99"], ["If-None-Match: *"], ["Range: bytes=-5"]])
    return connection.get(f"/static/{dice.randrange(100)}.txt", *lines).status in (200, 206, 304)


def stream(connection, dice):
    mib = dice.choice([1, 2])
    flush = dice.choice(["", "&flush=1"])
    response = connection.get(f"/output.php?mib={mib}{flush}")
    return len(response.body) == mib << 20


def early(connection, dice):
    connection.request("GET", "/hints.php?by=function")
    while True:
        if connection.head().status != 103:
            break
    connection.close()
    return None


def abort_in_head(connection, dice):
    connection.send("GET /hello.php HTTP/1.1\r\nHo")
    return leave(connection, dice)


def abort_in_body(connection, dice):
    connection.send("POST /length.php HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + "x" * 600_000)
    return leave(connection, dice)


def abort_in_answer(connection, dice):
    connection.request("GET", "/output.php?mib=3&flush=1")
    connection.head()
    return leave(connection, dice)


def leave_at_once(connection, dice):
    connection.request("GET", "/length.php?n=1")
    return leave(connection, dice)


def malformed(connection, dice):
    connection.send(dice.choice(["NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"]))
    status = connection.response().status
    connection.close()
    return None if status == 400 else False


def leave(connection, dice):
    dice.choice([connection.close, connection.reset])()
    return None


KINDS = {
    hello: 20, query: 10, head: 4, form: 10, chunked: 4, upload: 6, session: 12, redirect: 8,
    error: 10, missing: 4, static: 12, stream: 2, abort_in_head: 2, abort_in_body: 1,
    abort_in_answer: 1, leave_at_once: 3, malformed: 2, early: 1,
}  # fmt: skip


class Crowd:
    """Clients that share `total` requests; failures are in `wrong`."""

    def __init__(self, port: int, seed: int):
        self._port, self._seed = port, seed
        self._left, self._lock = 0, threading.Lock()
        self.wrong = []

    def ask(self, total: int) -> None:
        self._left = total
        threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._seed += 1

    def _client(self, number: int) -> None:
        dice = random.Random(self._seed * 1000 + number)
        kinds, weights = list(KINDS), list(KINDS.values())
        connection = None
        while True:
            with self._lock:
                if self._left == 0 or len(self.wrong) > 10:
                    break
                self._left -= 1
            kind = dice.choices(kinds, weights)[0]
            try:
                connection = connection or RawClient("127.0.0.1", self._port)
                good = kind(connection, dice)
            except (OSError, ProtocolError, AssertionError) as trouble:
                good = False
                self.wrong.append(f"{kind.__name__}: {trouble!r}")
            if good is False:
                self.wrong.append(f"{kind.__name__}: not the answer it should be")
            if not good or dice.random() < 0.02:
                connection.close()
                connection = None
        if connection:
            connection.close()


def test_nothing_leaks(start_tusk, make_root, tmp_path):
    """Memory, descriptors, files and threads do not grow with the number of requests."""
    files = {f"static/{n}.txt": f"file {n}\n" * (n * 10 + 20) for n in range(100)}
    root = make_root(files | {"length.php": LENGTH})
    for script in PHP_SCRIPTS.iterdir():
        (root / script.name).symlink_to(script)
    directories = {name: tmp_path / name for name in ("temp", "uploads", "sessions")}
    for directory in directories.values():
        directory.mkdir()
    tusk = start_tusk(
        root,
        *("--workers", WORKERS, "--temp-dir", directories["temp"]),
        *("-d", f"upload_tmp_dir={directories['uploads']}"),
        *("-d", f"session.save_path={directories['sessions']}"),
        *("-d", "session.use_strict_mode=0", "-d", "display_errors=0", "-d", "log_errors=0"),
    )
    crowd = Crowd(tusk.port, seed=3)
    crowd.ask(REQUESTS // 10)
    before = resources(tusk, directories)
    crowd.ask(REQUESTS - REQUESTS // 10)
    after = resources(tusk, directories)
    print(f"{REQUESTS} requests\nafter the first tenth: {before}\nafter all: {after}")
    assert not crowd.wrong, "\n".join(crowd.wrong)
    grown = after.pop("rss") - before.pop("rss")
    assert after == before
    # The sanitizers keep freed memory for a while, and it counts.
    assert sanitizer() or grown < GROWTH, f"grown by {grown} bytes"


def resources(tusk, directories: dict) -> dict:
    """Measures the server at rest. The sessions' directory counts without its sessions. PHP
    keeps the chunks of a large request for some more requests."""
    for client in [tusk.new_client() for _ in range(WORKERS)]:
        for _ in range(100):
            client.get("/hello.php")
        client.close()
    tusk.client.close()
    tusk._client = None
    tusk.wait_for_metric(0, "tusk_active_connections")
    tusk.wait_for_metric(WORKERS, "tusk_workers", state="idle")
    with open(f"/proc/{tusk.pid}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    found = {
        "rss": int(status["VmRSS"].split()[0]) * 1024,
        "threads": int(status["Threads"]),
        # The connection that fetched the metrics may still be open.
        "descriptors": min((descriptors(tusk) for _ in range(100)), key=len),
    }
    for name, directory in directories.items():
        found[name] = sum(not path.name.startswith("sess_soak") for path in directory.iterdir())
    return found


def descriptors(tusk) -> list:
    """Returns open descriptors by kind, without numbers."""
    kinds = []
    for name in os.listdir(f"/proc/{tusk.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            kinds.append(re.sub(r"\d+", "N", os.readlink(f"/proc/{tusk.pid}/fd/{name}")))
    return sorted(kinds)
