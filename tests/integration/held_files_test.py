"""What responses hold of files until their clients have taken them: HTTP/2 has a hundred of them in one
connection."""

import re
import struct
from collections import Counter
from pathlib import Path

import pytest

from harness.http2 import END_HEADERS, END_STREAM, HEADERS, RudeClient, block, frame
from harness.wait import wait_for

STREAMS = range(1, 201, 2)
CLOSED_WINDOWS = struct.pack(">HI", 4, 0)
GREEDY, OTHER = "203.0.113.1", "203.0.113.2"
MIB = 2**20


def _make_files(root: Path, count: int, size: int) -> None:
    root.mkdir()
    (root / "hello.php").write_text("<?php echo 'Hello World!';")
    (root / "small.txt").write_text("small")
    for number in range(count):
        with open(root / f"{number}.bin", "wb") as file:
            file.truncate(size)
    with open(root / "other.bin", "wb") as file:
        file.truncate(size)


def _ask_for_all(tusk, paths: list, of: str = GREEDY) -> list:
    """Asks for a path with each stream, and takes nothing of the bodies."""
    clients = []
    for at in range(0, len(paths), len(STREAMS)):
        client = RudeClient(tusk.port, CLOSED_WINDOWS)
        for stream, path in zip(STREAMS, paths[at:]):
            head = block(path, "GET", ("x-forwarded-for", of))
            assert client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head))
        clients.append(client)
    return clients


def _answers(clients: list) -> Counter:
    found = Counter()
    for client in clients:
        client._take_frames()
        found.update(status for status, _ in client._answers.values())
    return found


def _memory(tusk) -> int:
    status = Path(f"/proc/{tusk.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s*(\d+)", status)[1]) * 1024


@pytest.mark.parametrize("known", (True, False))
def test_files_of_responses_take_few_descriptors(start_tusk, tmp_path, known):
    """`known`: the client that asks afterwards is another one."""
    _make_files(tmp_path / "root", 1200, 70_000)
    tusk = start_tusk(
        *(tmp_path / "root", "--trusted-proxies", "127.0.0.1"),
        wrapper=("prlimit", "--nofile=1200:1200"),
    )
    clients = _ask_for_all(tusk, [f"/{number}.bin" for number in range(1200)])
    wait_for(lambda: _answers(clients).total() == 1200, "all answers")
    answers = _answers(clients)
    # The cache and the responses may have an eighth each; half of the latter is for any client.
    assert 225 <= answers[200] <= 225 + 37 and answers[503] == 1200 - answers[200]
    headers = {"X-Forwarded-For": OTHER if known else GREEDY}
    other = tusk.new_client(headers=headers)
    assert other.get("/hello.php").text == "Hello World!"
    assert other.get("/small.txt").status_code == 200
    assert other.get("/other.bin").status_code == (200 if known else 503)
    assert "hold much of the room for files" in tusk.log()
    for client in clients:
        client.close()
    wait_for(lambda: other.get("/other.bin").status_code == 200, "the end of the scarcity")


def test_files_in_memory_are_limited_too(start_tusk, tmp_path):
    _make_files(tmp_path / "root", 2200, 60_000)
    tusk = start_tusk(
        *(tmp_path / "root", "--trusted-proxies", "127.0.0.1", "--file-cache-bytes", MIB),
    )
    before = _memory(tusk)
    clients = _ask_for_all(tusk, [f"/{number}.bin" for number in range(2200)])
    wait_for(lambda: _answers(clients).total() == 2200, "all answers")
    answers = _answers(clients)
    assert answers[503] > 1000 and answers.total() == answers[200] + answers[503]
    assert _memory(tusk) - before < 90 * MIB
    other = tusk.new_client(headers={"X-Forwarded-For": OTHER})
    assert other.get("/other.bin").status_code == 200
    for client in clients:
        client.close()
    again = tusk.new_client(headers={"X-Forwarded-For": GREEDY})
    wait_for(lambda: again.get("/other.bin").status_code == 200, "the end of the scarcity")


def test_listings_are_limited_too(start_tusk, tmp_path):
    names = 4000
    (tmp_path / "root/many").mkdir(parents=True)
    for number in range(names):
        (tmp_path / f"root/many/{'é' * 80}{number}").touch()
    options = ("--directory-listing", "--trusted-proxies", "127.0.0.1", "--file-cache-bytes", MIB)
    tusk = start_tusk(tmp_path / "root", *options)
    other = tusk.new_client(headers={"X-Forwarded-For": OTHER, "Accept-Encoding": "identity"})
    size = len(other.get("/many/").content)
    assert size > 2 * MIB
    with RudeClient(tusk.port, CLOSED_WINDOWS) as client:
        answers = Counter()
        for stream in STREAMS[:60]:
            head = block("/many/", "GET", ("x-forwarded-for", GREEDY))
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head))
            answers[client.wait_for_answer(stream)[0]] += 1
        assert set(answers) == {200, 503} and answers[200] * size < 60 * MIB
        assert len(other.get("/many/").content) == size
    again = tusk.new_client(headers={"X-Forwarded-For": GREEDY})
    wait_for(lambda: again.get("/many/").status_code == 200, "the end of the scarcity")
