"""Output that flush() sends is complete: the client gets all of a chunk before the script goes
on."""

import zlib

import pytest

from harness.certificates import Authority
from harness.tls import TlsClient, client_context

# Prints ?size= bytes at a time; before each it waits until the test has created the file with its
# number.
EVENTS = """<?php
header('Content-Type: text/plain');
for ($i = 1; $i <= 3; $i++) {
    echo str_repeat((string) $i, (int) $_GET['size']);
    flush();
    while (!file_exists($_GET['until'] . $i) && !connection_aborted()) {
        usleep(1000);
        clearstatcache();
    }
}
"""


def next_chunk(client) -> bytes:
    """Reads a chunk's size, its data and the line end behind them, before anything else is sent."""
    size = int(client._until(b"\r\n")[:-2], 16)
    data = client.read_exactly(size)
    assert client.read_exactly(2) == b"\r\n"
    return data


def read_events(client, target: str, until, size: int) -> None:
    client.request("GET", f"{target}?size={size}&until={until}")
    head = client.head()
    assert head.status == 200 and head.header("transfer-encoding") == "chunked"
    for number in (b"1", b"2", b"3"):
        event = b""
        while len(event) < size:
            event += next_chunk(client)
        assert event == number * size
        until.with_name(until.name + number.decode()).touch()
    assert client.read_exactly(5) == b"0\r\n\r\n"


# A small event; one of several pieces; one whose chunks do not fit into the socket's buffer.
SIZES = [6, 600_000, 9_000_000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kept_in", ["memory", "files"])
def test_a_flushed_chunk_is_whole(start_tusk, make_root, tmp_path, size, kept_in):
    """For output that is sent from memory and from a spool file."""
    flags = ["--response-memory-total-bytes", "1"] if kept_in == "files" else []
    tusk = start_tusk(make_root({"events.php": EVENTS}), *flags)
    with tusk.raw() as client:
        read_events(client, "/events.php", tmp_path / "go", size)
        assert client.get("/nothing").status == 404  # the connection is still in step


@pytest.mark.parametrize("size", SIZES)
def test_a_flushed_chunk_is_whole_over_tls(start_tusk, make_root, tmp_path, size):
    """No byte of it waits for a later record."""
    authority = Authority(tmp_path)
    localhost = authority.issue("localhost")
    tusk = start_tusk(make_root({"events.php": EVENTS}), *localhost.flags())
    client = TlsClient(tusk.port, client_context(authority.certificate))
    try:
        read_events(client, "/events.php", tmp_path / "go", size)
    finally:
        client.close()


def test_a_small_chunk_is_one_piece_for_the_client(start_tusk, make_root, tmp_path):
    """A client that reads what is available gets the whole event with one read."""
    tusk = start_tusk(make_root({"events.php": EVENTS}))
    until = tmp_path / "go"
    with tusk.raw() as client:
        client.request("GET", f"/events.php?size=6&until={until}")
        client.head()
        assert next_chunk(client) == b"111111"
        for number in (2, 3):
            (tmp_path / f"go{number - 1}").touch()
            assert client._receive(65536) == b"6\r\n" + str(number).encode() * 6 + b"\r\n"
        (tmp_path / "go3").touch()
        assert client._receive(65536) == b"0\r\n\r\n"


def test_a_flushed_chunk_is_whole_when_it_is_compressed(start_tusk, make_root, tmp_path):
    """The client can decode each event when it arrives."""
    tusk = start_tusk(make_root({"events.php": EVENTS}), "--compress-streams", "text/plain")
    until = tmp_path / "go"
    decoder = zlib.decompressobj(wbits=31)
    with tusk.raw() as client:
        client.request("GET", f"/events.php?size=60&until={until}", "Accept-Encoding: gzip")
        assert client.head().header("content-encoding") == "gzip"
        for number in (b"1", b"2", b"3"):
            assert decoder.decompress(next_chunk(client)) == number * 60
            (tmp_path / f"go{number.decode()}").touch()
        client.chunks()
