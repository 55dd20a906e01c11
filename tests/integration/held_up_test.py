"""A server that was stopped for a while, as `docker pause` or a snapshot of the machine do."""

import signal
import time
from collections import Counter

CLIENTS = 300
TIMEOUT_S = 5


def test_bytes_that_came_meanwhile_are_in_time(start_tusk, make_root):
    root = make_root({"length.php": "<?php echo strlen(file_get_contents('php://input'));"})
    tusk = start_tusk(
        *(root, "--io-threads", 1, "--queue-capacity", 1000, "--queue-timeout", "60s"),
        *("--body-timeout", f"{TIMEOUT_S}s", "--header-timeout", f"{TIMEOUT_S}s"),
    )
    clients = [tusk.raw() for _ in range(CLIENTS)]
    for client in clients:
        client.send("POST /length.php HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + "x" * 500)
    tusk.wait_for_metric(CLIENTS, "tusk_active_connections")
    tusk.signal(signal.SIGSTOP)
    try:
        time.sleep(0.3)  # the server's timer comes before them
        for client in clients:
            client.send("x" * 500)
        time.sleep(TIMEOUT_S + 1)
    finally:
        tusk.signal(signal.SIGCONT)
    answers = Counter((response.status, response.text) for response in (client.response() for client in clients))
    assert answers == {(200, "1000"): CLIENTS}


def test_deadlines_count_again(start_tusk, make_root):
    tusk = start_tusk(make_root({"a.txt": "a"}), "--header-timeout", "3s")
    client = tusk.raw().send("GET /a.txt HTTP/1.1\r\n")
    tusk.wait_for_metric(1, "tusk_active_connections")
    tusk.signal(signal.SIGSTOP)
    time.sleep(4)
    tusk.signal(signal.SIGCONT)
    assert client.response().status == 408
