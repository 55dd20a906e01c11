"""Output that clients do not read: where it is stored, how much of it, and that every byte of it
arrives."""

import ssl
import tempfile

import pytest

from harness.engine import ENGINES, default_engine
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S, wait_for

MIB = 1 << 20
PIECES = 40


def numbers(pieces: int) -> bytes:
    """Returns what tests/php/numbers.php sends."""
    return b"".join(b"%08d\n" % number for number in range(pieces * 33334))


def held(tusk, place: str) -> int:
    return int(tusk.metrics().value("tusk_bodies_held_bytes", body="response", place=place))


def nothing_held(tusk) -> bool:
    return held(tusk, "memory") == held(tusk, "disk") == 0


@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize("place", ["memory", "disk"])
def test_a_slow_reader_gets_what_the_script_wrote(start_tusk, place, tls):
    """Data in the socket's buffer is still in the spool's own pages (sendfile): freeing the
    spool's space must not change it. The pieces do not begin at page boundaries, the client
    reads when the script is far ahead, and later pieces are written while it reads."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--response-spool-bytes", 8 * MIB,
                      "--response-memory-total-bytes", 64 * MIB if place == "memory" else 0,
                      *(["--tls-self-signed", "--listen", "https://127.0.0.1:0"] if tls else []))
    with tusk.raw() as client:
        client.set_receive_buffer(65536)
        if tls:
            context = ssl._create_unverified_context()
            client._socket = context.wrap_socket(client._socket, server_hostname="localhost")
        client.request("GET", f"/numbers.php?pieces={PIECES}", "Connection: close")
        wait_for(lambda: held(tusk, place) > 6 * MIB, "a full spool")
        body = client.response().body
    expected = numbers(PIECES)
    assert len(body) == len(expected)
    # Not `body == expected`: pytest would print both.
    wrong = next((i for i in range(0, len(body), 9) if body[i:i + 9] != expected[i:i + 9]), None)
    assert wrong is None, f"at {wrong}: {body[wrong:wrong + 9]!r}"
    wait_for(lambda: nothing_held(tusk), "the space to be given back")


def ask_many(tusk, count: int, target: str) -> list:
    clients = []
    for _ in range(count):
        client = tusk.raw()
        client.set_receive_buffer(32768)
        clients.append(client.request("GET", target))
    return clients


def test_all_responses_have_a_common_bound_of_memory(start_tusk):
    """Thirty clients read nothing: beyond the memory limit their responses are on disk, and no
    worker waits for them."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-memory-total-bytes", 2 * MIB)
    clients = ask_many(tusk, 30, "/output.php?mib=1")
    wait_for(lambda: held(tusk, "memory") + held(tusk, "disk") > 15 * MIB
             and tusk.metrics().value("tusk_workers", state="busy") == 0, "all scripts to be done")
    # What a worker process writes is in the memory that it shares with the server, 256 KiB at most, before it is counted.
    uncounted = 0 if default_engine() == "threads" else 2 * MIB // 4
    assert held(tusk, "memory") <= 2 * MIB + uncounted
    assert held(tusk, "disk") > 13 * MIB - uncounted
    for client in clients:
        assert len(client.response().body) == MIB
        client.close()
    wait_for(lambda: nothing_held(tusk), "the space to be given back")


def test_a_whole_response_on_disk_equals_one_in_memory(start_tusk):
    """Its length is known, HEAD has no body, and the connection goes on."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--response-memory-total-bytes", 0)
    with tusk.raw() as client:
        for _ in range(3):
            response = client.get("/output.php?kib=200")
            assert response.header("content-length") == str(200 << 10)
            assert response.body == b"x" * (200 << 10)
            assert client.request("HEAD", "/output.php?kib=200").response("HEAD").body == b""
    wait_for(lambda: nothing_held(tusk), "the space to be given back")


def test_without_room_scripts_wait_for_their_clients(start_tusk):
    """Neither memory nor disk: responses are slow, but nothing is lost, and the next client is
    served."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-memory-total-bytes", 0,
                      "--response-disk-total-bytes", 0)
    clients = ask_many(tusk, 2, "/output.php?mib=8")
    wait_for(lambda: tusk.metrics().value("tusk_workers", state="busy") == 2, "scripts that wait")
    for client in clients:
        assert len(client.response().body) == 8 * MIB
        client.close()
    assert tusk.get("/hello.php", timeout=PATIENCE_S).text == "Hello World!"


def test_a_client_that_leaves_gives_the_space_back(start_tusk):
    """It has read nothing."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-memory-total-bytes", MIB)
    clients = ask_many(tusk, 20, "/output.php?mib=1")
    wait_for(lambda: held(tusk, "disk") > 5 * MIB, "output on disk")
    for client in clients:
        client.reset()
    wait_for(lambda: nothing_held(tusk), "the space to be given back")


@pytest.mark.parametrize("engine", ENGINES)
def test_clients_that_read_nothing_leave_a_worker_to_others(start_tusk, engine):
    """Two clients hold both workers with a response that is longer than a spool. As soon as another
    request waits, one of theirs is broken off, although they hold little of the store."""
    tusk = start_tusk(PHP_SCRIPTS, "--engine", engine, "--workers", 2, "--response-spool-bytes", MIB)
    slow = ask_many(tusk, 2, "/output.php?mib=20")
    tusk.wait_for_metric(2, "tusk_workers", state="busy")
    wait_for(lambda: held(tusk, "memory") > MIB, "both to be ahead of their clients")
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().value("tusk_responses_closed_total", reason="workers") == 1
    for client in slow:
        client.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_directory_in_memory_counts_as_a_disk(start_tusk, engine):
    """temp_dir may be a tmpfs. What is stored there is not taken from the limit of memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        tusk = start_tusk(PHP_SCRIPTS, "--engine", engine, "--workers", 1, "--temp-dir", directory,
                          "--response-memory-total-bytes", 0)
        [client] = ask_many(tusk, 1, "/output.php?mib=4")
        wait_for(lambda: held(tusk, "disk") > 3 * MIB, "the rest of the response to be stored")
        assert held(tusk, "memory") < MIB
        client.close()
