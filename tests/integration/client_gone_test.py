"""Clients that leave before they get their answer."""

import json

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


def test_a_queued_request_is_dropped_when_its_client_leaves(start_tusk, tmp_path):
    """Its client closes while it is in the queue: the script never runs, the log says 499, and
    the next request in the queue runs."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--access-log")
    running, gate = tusk.hold_worker(tmp_path)
    note, until = tmp_path / "note", tmp_path / "until"
    until.touch()
    left = tusk.raw().request("GET", f"/leave.php?until={until}&note={note}")
    stays = tusk.raw().request("GET", "/hello.php")
    tusk.wait_for_metric(2, "tusk_queue_depth")
    left.close()
    tusk.wait_for_access_log(r"/leave\.php[^\n]* 499 ")
    gate.touch()
    assert running.response().status == 200 and stays.response().text == "Hello World!"
    assert not note.exists()


def test_a_script_learns_that_its_connection_was_reset(start_tusk, tmp_path):
    """The reset comes while it runs and has written nothing: its first output ends it."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--access-log")
    note, until, began = tmp_path / "note", tmp_path / "until", tmp_path / "began"
    client = tusk.raw().request(
        "GET", f"/leave.php?until={until}&note={note}&began={began}"
    )
    wait_for(began.exists, "the script to begin")
    client.reset()
    tusk.wait_for_access_log(r"/leave\.php[^\n]* 499 ")
    until.touch()
    wait_for(lambda: note.exists() and note.read_text(), "the script to end")
    assert json.loads(note.read_text()) == [1, 1, False]
    assert tusk.get("/hello.php").text == "Hello World!"


def test_a_half_closed_client_is_answered(start_tusk, tmp_path):
    """A client that has finished sending still reads."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    with tusk.raw() as client:
        note, until, began = tmp_path / "note", tmp_path / "until", tmp_path / "began"
        client.request("GET", f"/leave.php?until={until}&note={note}&began={began}")
        client.finish_sending()
        wait_for(began.exists, "the script to begin")
        until.touch()
        assert client.response().text == "output"


def test_a_client_that_sends_ahead_does_not_occupy_the_loop(start_tusk, tmp_path):
    """A stream is being sent and the client's next request has arrived already: other clients
    are served, and the request is answered after the stream."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    gate = tmp_path / "gate"
    with tusk.raw() as client:
        client.request("GET", f"/stream_gate.php?until={gate}")
        assert client.head().status == 200
        client.request("GET", "/hello.php")
        for _ in range(5):
            assert tusk.get("/hello.php").text == "Hello World!"
        gate.touch()
        assert b"after the gate" in client.chunks()
        assert client.response().text == "Hello World!"
