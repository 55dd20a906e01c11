"""Requests and responses over TLS arrive whole, and the end of a connection is noticed."""

import json
import os
import socket

import pytest

from harness.output import output_sha256, sha256
from harness.tls import TLS12, TLS13
from harness.wait import wait_for


def test_keep_alive_and_pipelining(secure, connect):
    """Requests one after the other, and several in one record."""
    client = connect(secure)
    for _ in range(3):
        assert client.get("/hello.php").text == "Hello World!"
    request = b"GET /hello.php HTTP/1.1\r\nHost: localhost\r\n\r\n"
    client.send(request * 20)
    assert [client.response().text for _ in range(20)] == ["Hello World!"] * 20


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
def test_a_large_upload_arrives_whole(secure, connect, version):
    """Many records, more than is kept in memory."""
    body = os.urandom(1 << 20) * 12
    client = connect(secure, version=version)
    seen = json.loads(client.request("PUT", "/request.php", body=body).response().body)
    assert seen["input_length"] == len(body)
    assert seen["input_sha256"] == sha256([body])


@pytest.mark.parametrize("flush", ["", "&flush=1"], ids=["whole", "streamed"])
def test_a_large_response_arrives_whole(secure, connect, flush):
    """From memory, from the spool, in chunks."""
    response = connect(secure).get(f"/output.php?mib=24{flush}")
    assert sha256([response.body]) == output_sha256(24)


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 20_000_000])
def test_a_file_arrives_whole(start_tusk, localhost, connect, make_root, size):
    """Together with its head, even if the file is empty."""
    content = (os.urandom(1 << 20) * (size // (1 << 20) + 1))[:size]
    tusk = start_tusk(make_root({"file.bin": content}), *localhost.flags())
    client = connect(tusk)
    for _ in range(2):
        response = client.get("/file.bin")
        assert response.header("content-length") == str(size)
        assert response.body == content
    assert client.get("/file.bin", "Range: bytes=0-9").status in (200, 206, 416)


def test_a_client_that_reads_late_gets_all(secure, connect, tmp_path):
    """The script has ended by then; data that waited for room is sent, and only once."""
    done = tmp_path / "done"
    client = connect(secure)
    client.request("GET", f"/output.php?mib=16&done={done}")
    wait_for(done.exists, "the script to end")
    assert sha256([client.response().body]) == output_sha256(16)


def test_the_server_sends_close_notify(secure, connect):
    """A response that ends with the connection is marked as complete."""
    client = connect(secure)
    response = client.get("/hello.php", "Connection: close")
    assert response.text == "Hello World!"
    client.expect_closed()  # the ssl module reports an end without close_notify as an error


def test_a_request_that_is_cut_is_not_run(secure, connect, tmp_path):
    """The connection ends without close_notify in the middle of a body."""
    marker = tmp_path / "ran"
    client = connect(secure)
    target = f"/output.php?mib=1&done={marker}"
    client.send(f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
    before = secure.metrics().value("tusk_tls_connections_open")
    socket.socket(fileno=client.tls.detach()).close()  # as when a client crashes
    secure.wait_for_metric(lambda value: value < before, "tusk_tls_connections_open")
    assert not marker.exists()


def test_a_client_that_leaves_is_noticed(secure, connect, tmp_path):
    """As without TLS, a script notices it when it writes."""
    before = secure.metrics().value("tusk_responses_aborted_total")
    client = connect(secure).request("GET", "/output.php?mib=64&flush=1")
    client.head()
    client.close()
    secure.wait_for_metric(lambda value: value > before, "tusk_responses_aborted_total")
