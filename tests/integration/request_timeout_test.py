"""REQUEST_TIMEOUT: a script's wall-clock time is over, wherever the script is."""

import re
import socket
import ssl
import time

import pytest

from harness import barrier
from harness.barrier import Barrier
from harness.server import PHP_SCRIPTS, needs_signals, sanitizer
from harness.wait import PATIENCE_S, wait_for

pytestmark = needs_signals

WAITS = [
    "loop",
    "sleep",
    "usleep",
    "time_nanosleep",
    "socket",
    "http",
    "curl",
    "select",
    "mysql",
    "postgres",
    "pipe",
    "proc_close",
    "flock",
    "semaphore",
    "session",
    "generator",
    "fiber",
    "destructor",
    "output_callback",
]


@pytest.fixture(scope="module")
def impatient(start_module_tusk, tmp_path_factory):
    """One worker and a limit of one second: the next answer comes from the thread that was just
    interrupted."""
    sessions = tmp_path_factory.mktemp("sessions")
    return start_module_tusk(
        PHP_SCRIPTS,
        "--workers",
        1,
        "--request-timeout",
        "300ms",
        "-d",
        f"session.save_path={sessions}",
        "-d",
        "max_execution_time=0",
    )


@pytest.mark.parametrize("wait", WAITS)
def test_a_script_is_ended_wherever_it_waits(impatient, tmp_path, wait):
    """504; the log says where it was; shutdown functions have run; the thread keeps serving."""
    mark = impatient.log_size()
    seen, lock = tmp_path / "seen", tmp_path / "lock"
    lock.touch()
    response = impatient.get(
        "/hang.php",
        params={"in": wait, "seen": seen, "file": lock, "id": f"s{wait}"},
    )
    assert response.status_code == 504 and "came back" not in response.text
    assert "504" in response.text
    assert seen.read_text() == "Request timeout of 300 ms exceeded"
    line = impatient.wait_for_log(r"request timed out[^\n]*", mark)[0]
    assert "hang.php" in line and "hang()" in line and f"in={wait}" in line
    for _ in range(3):
        assert impatient.get("/hello.php").text == "Hello World!"
    assert impatient.metrics().value("tusk_workers", state="lost") == 0


def test_a_session_without_its_lock_is_not_written(impatient):
    """Data that a script read without the lock must not overwrite what another may have written."""
    impatient.get("/hang.php", params={"in": "session", "id": "unlocked"})
    response = impatient.get("/session.php", params={"id": "unlocked"})
    assert response.status_code == 200 and "after the time" not in response.text


def test_a_response_that_was_begun_is_broken_off(impatient):
    """Part of it has been sent: the client must notice that it is incomplete."""
    with impatient.raw() as connection:
        connection.request("GET", "/hang.php?in=sleep&begin=the+begin")
        head = connection.head()
        assert head.status == 200 and head.header("transfer-encoding") == "chunked"
        rest = connection.read_to_end()
    assert b"the begin" in rest and not rest.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    ("where", "more"),
    [
        ("open", ""),
        ("read", ""),
        ("write", ""),
        ("write", "&at_once"),
        ("close", ""),
        ("close", "&at_once"),
        ("destroy", "&destroy"),
        ("gc", ""),
    ],
)
def test_a_session_handler_that_hangs_leaves_no_lock(start_tusk, tmp_path, where, more):
    """Its time is over inside the handler, also at the end of the request: the visitor's next
    request gets the session at once, on the same thread and on another."""
    tusk = start_tusk(
        PHP_SCRIPTS,
        *("--workers", 2, "--request-timeout", "300ms"),
        *("-d", f"session.save_path={tmp_path}", "-d", "session.use_strict_mode=0"),
        *("-d", "session.gc_probability=1", "-d", "session.gc_divisor=1"),
    )
    visitor = {"Cookie": "PHPSESSID=visitor"}
    assert tusk.get("/session_hang.php", headers=visitor).text == "1"
    hung = tusk.get(f"/session_hang.php?in={where}{more}", headers=visitor)
    assert hung.status_code == 504
    tusk.wait_for_log(r"request timed out[^\n]*hang\(\)")
    # If a lock were left, each would wait for it, be ended, and answer 504.
    for _ in range(4):
        with tusk.new_client() as client:
            after = client.get("/session_hang.php", headers=visitor)
            assert after.status_code == 200 and after.text.isdigit()
    assert tusk.metrics().value("tusk_workers", state="lost") == 0


def test_shutdown_functions_have_a_limit_too(start_tusk):
    """They and destructors get some time of their own, and then are ended as well."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--request-timeout", "300ms")
    assert tusk.get("/nasty/hang_in_shutdown.php").status_code == 504
    assert tusk.get("/hello.php").text == "Hello World!"


@pytest.mark.threads("a worker process that cannot be ended is killed")
def test_a_thread_that_cannot_be_ended_is_replaced(start_tusk, tmp_path):
    """Its client is answered, another worker takes its place, and the thread ends when its call
    returns."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--request-timeout", "300ms", *barrier.OPTIONS)
    held = Barrier(tmp_path / "barrier")
    response = tusk.get("/nasty/cannot_be_ended.php", params=held.query)
    assert response.status_code == 504
    tusk.wait_for_log(r"a worker is lost[^\n]* client=127\.0\.0\.1 ")
    assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(1, "tusk_workers", state="idle")
    assert tusk.metrics().value("tusk_workers", state="lost") == 1
    assert "lost worker has finished" not in tusk.log()
    held.let_go()
    tusk.wait_for_log("lost worker has finished its script")
    tusk.wait_for_metric(0, "tusk_workers", state="lost")
    tusk.wait_for_metric(1, "tusk_workers", state="idle")
    assert tusk.get("/hello.php").text == "Hello World!"


@pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer hides which code reads")
@pytest.mark.parametrize(
    "call",
    ["hash_file('sha512', '/dev/zero')", "md5_file('/dev/zero')", "copy('/dev/zero', '/dev/null')",
     "hash_update_stream(hash_init('sha256'), fopen('/dev/zero', 'r'))",
     "stream_copy_to_stream(fopen('/dev/zero', 'r'), fopen('/dev/null', 'w'))",
     "hash_hmac_file('md5', '/dev/zero', 'key')"],
)  # fmt: skip
@pytest.mark.parametrize("limit", ["request", "script"])
def test_an_endless_file(start_tusk, make_root, call, limit):
    """One function reads it without ever waiting: a read after its time is over is an error."""
    root = make_root({"endless.php": f"<?php {call}; echo 'came back';", "hello.php": "<?php echo 'hi';"})
    limits = {"request": ("--request-timeout", "300ms"), "script": ("-d", "max_execution_time=1")}
    tusk = start_tusk(root, "--workers", 1, *limits[limit])
    response = tusk.get("/endless.php")
    assert response.status_code == (504 if limit == "request" else 500)
    assert "came back" not in response.text
    assert tusk.get("/hello.php").text == "hi"
    assert "lost" not in tusk.log() and tusk.metrics().value("tusk_workers", state="lost") == 0


def test_work_after_the_response_is_not_limited(start_tusk, tmp_path):
    """After fastcgi_finish_request() no client waits, as under PHP-FPM."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--request-timeout", "300ms")
    gate, after = tmp_path / "gate", tmp_path / "after"
    query = {"by": "fastcgi_finish_request", "after": after, "until": gate}
    assert tusk.get("/finish.php", params=query).text == "the answer 1"
    # Meanwhile another script's time runs out, so this one's would too.
    assert tusk.get("/hang.php", params={"in": "sleep"}).status_code == 504
    assert not after.exists()
    gate.touch()
    wait_for(after.exists, "the script to end")
    assert not re.search(r"request timed out[^\n]*finish\.php", tusk.log())


def test_an_event_stream_has_a_limit_of_its_own(start_tusk, make_root):
    """SSE_TIMEOUT replaces REQUEST_TIMEOUT once the script has set the content type."""
    root = make_root(
        {
            "events.php": "<?php header('Content-Type: text/event-stream'); "
            "echo \"data: 1\\n\\n\"; flush(); usleep(900_000); echo \"data: 2\\n\\n\"; flush(); "
            "sleep(1000);"
        }
    )
    tusk = start_tusk(root, "--request-timeout", "300ms", "--sse-timeout", "2s")
    with tusk.raw() as connection:
        connection.request("GET", "/events.php")
        connection.head()
        rest = connection.read_to_end()
    assert b"data: 2" in rest and not rest.endswith(b"0\r\n\r\n")


def test_time_that_a_script_waits_for_its_client_does_not_count(start_tusk, make_root, tmp_path):
    """A client that reads nothing for longer than both limits gets all of it."""
    size = 32_000_000  # more than the buffers at both ends of a connection hold
    root = make_root({"big.php": f"<?php for ($i = 0; $i < 80; ++$i) echo str_repeat('x', {size} / 80);"})
    tusk = start_tusk(
        root,
        *("--request-timeout", "400ms", "-d", "max_execution_time=1"),
        *("--response-memory-bytes", "300KiB", "--response-spool-bytes", "300KiB"),
    )
    with tusk.raw() as connection:
        connection.request("GET", "/big.php")
        # Another script's client reads, and is not delayed.
        assert tusk.get("/big.php?other").status_code == 200
        time.sleep(1.6)
        response = connection.response()
    assert len(response.body) == size


@pytest.mark.parametrize("limit", [1, 50])
def test_a_worker_starts_anew_after_its_requests(start_tusk, limit):
    """WORKER_MAX_REQUESTS: the thread's PHP starts again, or another process takes its place, and no
    request is lost."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--worker-max-requests", limit)
    for _ in range(120):
        assert tusk.get("/hello.php").text == "Hello World!"
    # A process is counted when it has ended, after its response.
    if limit == 1:
        tusk.wait_for_metric(120, "tusk_worker_restarts_total")
    else:
        tusk.wait_for_metric(lambda restarts: 1 <= restarts <= 2, "tusk_worker_restarts_total")


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
def test_a_response_without_a_length_is_visibly_cut_off(start_tusk, make_root, tls):
    """Over HTTP/1.0 it ends with its connection, so a regular close would mark it as complete:
    the connection is reset, and over TLS there is no close_notify."""
    root = make_root({"begun.php": "<?php echo 'begun'; flush(); sleep(100);",
                      "whole.php": "<?php echo 'whole'; flush();"})
    tusk = start_tusk(root, "--workers", 1, "--request-timeout", "300ms",
                      *(["--tls-self-signed", "--listen", "https://127.0.0.1:0"] if tls else []))

    def answer(path: str) -> bytes:
        client = socket.create_connection(("127.0.0.1", tusk.port), PATIENCE_S)
        if tls:
            context = ssl._create_unverified_context()
            client = context.wrap_socket(client, suppress_ragged_eofs=False)
        with client:
            client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            received = b""
            while piece := client.recv(65536):
                received += piece
        return received

    assert answer("/whole.php").endswith(b"whole")
    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        answer("/begun.php")
