"""What the open requests of HTTP/2 may hold: one connection has a hundred of them, so the limits of
connections are none of memory or descriptors."""

import os
import struct
from collections import Counter

import pytest

from harness.engine import ENGINES
from harness.http2 import DATA, END_HEADERS, END_STREAM, HEADERS, RudeClient, block, frame, literal
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

REFUSED_STREAM = 7
STREAMS = range(1, 198, 2)  # 99, so that one more may be open
LAST_STREAM = 199
FEW_DESCRIPTORS = ("prlimit", "--nofile=1200:1200")
# An eighth of the descriptors is for files of one kind, and of them one client has so many.
FILES_OF_CLIENT = 32


def _held_files(tusk, of: str) -> int:
    directory = f"/proc/{tusk.pid}/fd"
    links = []
    for name in os.listdir(directory):
        try:
            links.append(os.readlink(f"{directory}/{name}"))
        except FileNotFoundError:
            pass
    return sum(of in link for link in links)


def test_requests_with_large_heads_are_limited_together(start_tusk):
    """HPACK makes 30 kB of a few bytes."""
    tusk = start_tusk(PHP_SCRIPTS)
    first = block("/hello.php", "POST") + literal("x-large", "v" * 3900, indexed=True)
    again = b"\xbe" * 7  # the newest entry of the dynamic table
    clients = [RudeClient(tusk.port) for _ in range(40)]
    for client in clients:
        for stream in STREAMS:
            head = first + again[1:] if stream == 1 else block("/hello.php", "POST") + again
            assert client.send(frame(HEADERS, END_HEADERS, stream, head))
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, LAST_STREAM, block()))
    refused = Counter()
    for number, client in enumerate(clients):
        # The last one is answered, or refused like those before.
        assert client.wait_for_answer(LAST_STREAM) in ((200, None), (None, REFUSED_STREAM))
        refused[number] = sum(code == REFUSED_STREAM for _, code in client._answers.values())
    accepted = sum(len(STREAMS) - refused[number] for number in refused)
    assert accepted * 28_000 < 64 * 2**20 + len(clients) * 100_000
    assert refused[0] == 0 and refused[len(clients) - 1] > 90
    assert tusk.new_client().get("/hello.php").text == "Hello World!"
    assert "HTTP/2 requests refused: those that are open hold much memory" in tusk.log()


@pytest.mark.parametrize("engine", ENGINES)
def test_small_bodies_take_few_descriptors(start_tusk, tmp_path, engine):
    """Where memory is used up, the smallest body is in a file."""
    tusk = start_tusk(
        *(PHP_SCRIPTS, "--engine", engine, "--temp-dir", tmp_path, "--body-memory-total-bytes", 0),
        *("--body-client-percent", 10),
        wrapper=FEW_DESCRIPTORS,
    )
    clients = [RudeClient(tusk.port) for _ in range(5)]
    for client in clients:
        for stream in STREAMS:
            client.send(frame(HEADERS, END_HEADERS, stream, block("/hello.php", "POST")))
            client.send(frame(DATA, 0, stream, b"x"))
    wait_for(lambda: sum(_refused(client) for client in clients) >= 5 * len(STREAMS) - FILES_OF_CLIENT, "answers")
    assert _held_files(tusk, str(tmp_path)) == FILES_OF_CLIENT
    assert sum(_refused(client) for client in clients) == 5 * len(STREAMS) - FILES_OF_CLIENT
    for client in clients:
        client.close()
    wait_for(lambda: _held_files(tusk, str(tmp_path)) == 0, "the end of the files")


def _refused(client: RudeClient) -> int:
    client._take_frames()
    return sum(status == 503 for status, _ in client._answers.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_small_responses_take_few_descriptors(start_tusk, tmp_path, engine):
    """Responses that nobody takes are in files, where memory is used up."""
    tusk = start_tusk(
        *(PHP_SCRIPTS, "--engine", engine, "--workers", 2, "--temp-dir", tmp_path),
        *("--queue-capacity", 1000, "--response-memory-total-bytes", "1M"),
        wrapper=FEW_DESCRIPTORS,
    )
    closed_windows = struct.pack(">HI", 4, 0)
    clients = [RudeClient(tusk.port, closed_windows) for _ in range(5)]
    for client in clients:
        for stream in STREAMS:
            head = block("/output.php?kib=20")
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head))
    for client in clients:
        for stream in STREAMS:
            client.wait_for_answer(stream)
    # Each worker may just have made one.
    of_responses = _held_files(tusk, str(tmp_path)) + _held_files(tusk, "memfd:tusk-response")
    assert of_responses <= FILES_OF_CLIENT + 2
    assert tusk.new_client().get("/hello.php").text == "Hello World!"
    assert "out of file descriptors" not in tusk.log()
