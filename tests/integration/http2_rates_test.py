"""HTTP/2 clients that send or read too slowly, on one stream of an active connection or on all
of it."""

import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.http2 import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    INTERNAL_ERROR,
    WINDOW_UPDATE,
    Http2Client,
    RudeClient,
    block,
    frame,
    number,
)
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

MOST_WINDOW = 2**31 - 1


def stalls(tusk) -> float:
    return tusk.metrics().value("tusk_http2_violations_total", violation="stalled")


def open_window(client: Http2Client, stream: int, size: int) -> None:
    if not client.streams[stream].ended and client.streams[stream].reset is None:
        client.connection.increment_flow_control_window(size, stream)
        client.flush()


def small_windows(client: Http2Client) -> None:
    """Sets the windows of streams that are opened from now on."""
    client.connection.update_settings({4: 10})
    client.ping()


def wide_open(tusk) -> RudeClient:
    """A client whose windows never delay anything."""
    client = RudeClient(tusk.port, struct.pack(">HI", 4, MOST_WINDOW))
    client.send(frame(WINDOW_UPDATE, 0, 0, number(MOST_WINDOW - 65535)))
    return client


def test_a_body_must_have_a_minimum_rate(start_tusk):
    """A byte now and then, on a connection whose other requests are answered all the time: 408."""
    tusk = start_tusk(PHP_SCRIPTS, "--body-min-rate", 1000, "--body-timeout", "60s")
    with Http2Client(tusk.port) as client:
        slow = client.request("/request.php", method="POST", end=False)
        its = client.streams[slow]

        def refused():
            if its.status is None:
                client.connection.send_data(slow, b"x")
                client.flush()
            assert client.get("/hello.php").status == 200
            return its.status is not None

        wait_for(refused, "the slow body to be refused", poll_s=0.05)
        assert its.status == 408
        assert client.get("/hello.php").status == 200


def test_bodies_share_the_minimum_rate(start_tusk):
    """Twenty bodies at once, each with slightly more than a twentieth of the rate: none is
    refused."""
    tusk = start_tusk(PHP_SCRIPTS, "--body-min-rate", 2000, "--body-timeout", "60s")
    with Http2Client(tusk.port) as client:
        uploads = [client.request("/request.php", method="POST", end=False) for _ in range(20)]
        end = time.monotonic() + 7
        while time.monotonic() < end:
            for upload in uploads:
                client.connection.send_data(upload, b"x" * 60)
            client.flush()
            client.ping()
            time.sleep(0.2)
        for upload in uploads:
            client.connection.end_stream(upload)
        client.flush()
        assert [client.response(upload).status for upload in uploads] == [200] * 20


@pytest.mark.parametrize("target", ["/large.bin", "/flush.php"])
def test_a_response_must_be_read_at_a_minimum_rate(start_tusk, make_root, target):
    """A window that opens by a byte now and then starves a stream, although the connection is
    active. Many small pieces do not restart the time either."""
    root = make_root({
        "large.bin": b"x" * 300_000, "small.txt": "small",
        "flush.php": '<?php while (true) { echo "x"; flush(); usleep(1000); }',
    })
    tusk = start_tusk(root, "--write-timeout", "1s", "--response-min-rate", 1000, "--workers", 1)
    with Http2Client(tusk.port, reads_bodies=False) as client:
        small_windows(client)
        slow = client.request(target)
        its = client.streams[slow]

        def reset():
            open_window(client, slow, 1)
            assert client.get("/small.txt").text == "small"
            return its.reset is not None

        wait_for(reset, "the slow one to be reset", poll_s=0.05)
        assert its.reset == INTERNAL_ERROR
        assert client.get("/small.txt").text == "small"
    assert stalls(tusk) == 1


def test_a_slow_but_steady_window_is_no_stall(start_tusk, make_root):
    """A stream that is read at just the minimum rate is completed."""
    tusk = start_tusk(make_root({"large.bin": b"x" * 8_000}),
                      "--write-timeout", "1s", "--response-min-rate", 1000)
    with Http2Client(tusk.port, reads_bodies=False) as client:
        small_windows(client)
        slow = client.request("/large.bin")
        its = client.streams[slow]

        def ended():
            open_window(client, slow, 250)
            client.ping()
            return its.ended or its.reset is not None

        wait_for(ended, "the response", poll_s=0.1)
        assert its.ended and len(its.body) == 8_000
    assert stalls(tusk) == 0


def test_a_window_of_the_connection_that_stays_shut(start_tusk, make_root):
    """Its streams' windows are open, but all of them stall together."""
    tusk = start_tusk(make_root({"large.bin": b"x" * 300_000}), "--write-timeout", "300ms")
    with Http2Client(tusk.port, reads_bodies=False) as client:
        client.connection.update_settings({4: MOST_WINDOW})
        client.ping()
        stuck = [client.request("/large.bin") for _ in range(3)]
        assert [client.response(stream).reset for stream in stuck] == [INTERNAL_ERROR] * 3
    assert stalls(tusk) == 3


def test_a_response_may_wait_for_its_turn(start_tusk, make_root):
    """A client with a slow line gets one file after the other (RFC 9218 §10): nothing of the
    last is sent for many times write_timeout, and yet it arrives complete."""
    size = 3_000_000
    tusk = start_tusk(make_root({"large.bin": b"x" * size}), "--write-timeout", "500ms")
    with wide_open(tusk) as client:
        client.set_receive_buffer(16384)
        for stream in (1, 3):
            client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, block("/large.bin")))
        bodies, ended = {1: 0, 3: 0}, set()

        def both():
            client.receive_some(120_000)
            for kind, flags, stream, payload in client.frames():
                assert kind != 3, f"stream {stream} was reset, with {bodies}"
                if kind == 0:
                    bodies[stream] += len(payload)
                    if flags & END_STREAM:
                        ended.add(stream)
            return len(ended) == 2

        wait_for(both, "both files", poll_s=0.05)
        assert bodies == {1: size, 3: size}
    assert stalls(tusk) == 0


def test_a_socket_that_is_slow_but_steady(start_tusk, make_root):
    """A client that takes some bytes in each write_timeout, but too few, is reset, so that the
    kernel does not go on sending to it; a client that takes little, but enough, is not. The second
    reads on a thread of its own: it must not wait for the metrics."""
    tusk = start_tusk(make_root({"large.bin": b"x" * 20_000_000}),
                      "--write-timeout", "4s", "--response-min-rate", 500)
    with wide_open(tusk) as slow, wide_open(tusk) as steady, ThreadPoolExecutor(1) as reader:
        for client in (slow, steady):
            client.set_receive_buffer(4096)
            client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, block("/large.bin")))
        taken, most = 0, None

        def read_steadily():
            nonlocal taken
            while most is None or taken < most:
                steady.receive_some(20_000)
                for kind, _, _, payload in steady.frames():
                    assert kind != 3
                    taken += len(payload) if kind == 0 else 0
                time.sleep(0.1)

        reading = reader.submit(read_steadily)
        try:
            def given_up():
                assert not reading.done(), reading.exception()
                slow.receive_some(20)
                return stalls(tusk) == 1

            wait_for(given_up, "the slow one to be given up", poll_s=0.1)
            with pytest.raises(ConnectionResetError):
                while True:
                    slow.receive_some(1 << 20)
        finally:
            most = taken + 100_000
        reading.result()
    assert stalls(tusk) == 1


def test_responses_that_fail_end_no_others(start_tusk, make_root):
    """In a proxy's connection the others are of other clients."""
    root = make_root({
        "short.php": "<?php header('Content-Length: 100'); echo 'x'; flush();",
        "long.php": "<?php echo 'begun'; flush(); while (!file_exists(__DIR__ . '/go-on')) usleep(1000); echo ' ended';",
    })
    tusk = start_tusk(root, "--workers", 2)
    with Http2Client(tusk.port) as client:
        long = client.request("/long.php")
        for _ in range(30):
            for stream in [client.request("/short.php") for _ in range(20)]:
                assert client.response(stream).reset == INTERNAL_ERROR
        (root / "go-on").touch()
        assert client.response(long).text == "begun ended"
