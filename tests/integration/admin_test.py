"""The internal server: health, readiness, metrics."""

import concurrent.futures
import time

import httpx
import pytest

from harness.prometheus import Metrics
from harness.server import EXECUTOR, PHP_SCRIPTS

# Metrics that every operator relies on, with the names of src/observe/metrics_list.h.
WANTED = {
    "tusk_requests_total": "counter",
    "tusk_request_duration_seconds": "histogram",
    "tusk_queue_depth": "gauge",
    "tusk_queue_capacity": "gauge",
    "tusk_queue_rejected_total": "counter",
    "tusk_workers": "gauge",
    "tusk_active_connections": "gauge",
    "tusk_received_bytes_total": "counter",
    "tusk_sent_bytes_total": "counter",
    "process_cpu_seconds_total": "counter",
    "process_resident_memory_bytes": "gauge",
    "tusk_info": "gauge",
}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_and_ready(tusk, path):
    """Both answer 200 to GET and HEAD, and are never cached."""
    response = tusk.admin(path)
    assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
    head = tusk.admin(path, "HEAD")
    assert head.status_code == 200 and head.content == b""


def test_metrics_are_in_the_text_format(tusk):
    """Every line parses, no series occurs twice, each has HELP and TYPE, histograms add up."""
    response = tusk.admin("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    metrics = Metrics.parse(response.text)
    assert {name: metrics.types.get(name) for name in WANTED} == WANTED
    assert all(metrics.help[name] for name in WANTED)
    assert metrics.value("process_cpu_seconds_total") > 0
    assert metrics.value("process_resident_memory_bytes") > 1 << 20


def test_requests_are_counted_by_class_and_timed(start_tusk, make_root):
    """Each request is counted once, by its handler and its status class; admin requests are not
    counted."""
    root = make_root(
        {
            "ok.php": "<?php echo 'ok';",
            "gone.php": "<?php http_response_code(410);",
            "to.php": "<?php header('Location: /');",
            "bad.php": "<?php nothing();",
            "a.txt": "text",
        }
    )
    tusk = start_tusk(root)
    tusk.admin("/health")
    before = tusk.metrics()
    began = time.monotonic()
    for path, times in (
        ("/ok.php", 5),
        ("/gone.php", 4),
        ("/to.php", 3),
        ("/bad.php", 2),
        ("/a.txt", 6),
        ("/no", 7),
    ):
        for _ in range(times):
            tusk.get(path)
    elapsed = time.monotonic() - began
    after = tusk.metrics()

    def grown(name, **labels):
        return after.value(name, **labels) - before.value(name, **labels)

    assert {
        (handler, cls): grown("tusk_requests_total", handler=handler, **{"class": cls})
        for handler, cls in (
            ("php", "2xx"),
            ("php", "4xx"),
            ("php", "3xx"),
            ("php", "5xx"),
            ("static", "2xx"),
            ("none", "4xx"),
            ("static", "4xx"),
        )
    } == {
        ("php", "2xx"): 5,
        ("php", "4xx"): 4,
        ("php", "3xx"): 3,
        ("php", "5xx"): 2,
        ("static", "2xx"): 6,
        ("none", "4xx"): 7,
        ("static", "4xx"): 0,
    }
    assert grown("tusk_request_duration_seconds_count") == 27
    # The requests came one after the other, so together they took no longer than the client saw,
    # except for the time between an answer's last byte and its being counted.
    assert 0 < grown("tusk_request_duration_seconds_sum") <= elapsed + 1
    assert grown("tusk_queue_wait_seconds_count") == 14
    assert grown("tusk_php_fatal_errors_total") == 2


def test_a_request_after_an_idle_time_is_timed_from_its_own_start(start_tusk):
    """The time that the loop slept before it does not count."""
    tusk = start_tusk(PHP_SCRIPTS)
    seen = 0.0
    rest, times = 0.09, 20  # the loop's longest sleep is its tick of 0.1 s
    for _ in range(times):
        time.sleep(rest)
        began = time.monotonic()
        tusk.get("/hello.php")
        seen += time.monotonic() - began
    # Half of the idle time is less than what a stale clock would add on average, and far more than
    # the time between an answer's last byte and its being counted.
    assert tusk.metrics().value("tusk_request_duration_seconds_sum") <= seen + rest * times / 4


def test_bytes_and_connections_are_counted(start_tusk):
    """The exact bytes on the wire in both directions, and the open connections."""
    tusk = start_tusk(PHP_SCRIPTS)
    with tusk.raw() as connection:
        request = (
            b"POST /hello.php HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"
            + b"x" * 1000
        )
        connection.send(request)
        answer = connection.read_to_end()
    metrics = tusk.metrics()
    assert metrics.value("tusk_received_bytes_total") == len(request)
    assert metrics.value("tusk_sent_bytes_total") == len(answer)
    assert metrics.value("tusk_connections_total") == 1
    tusk.wait_for_metric(0, "tusk_active_connections")
    open_ones = [tusk.raw() for _ in range(7)]
    tusk.wait_for_metric(7, "tusk_active_connections")
    for connection in open_ones:
        connection.close()
    tusk.wait_for_metric(0, "tusk_active_connections")


def test_info_says_what_runs(tusk):
    """There is one series, with value 1 and the versions as labels."""
    metrics = tusk.metrics()
    (labels,) = [dict(labels) for name, labels in metrics.samples if name == "tusk_info"]
    assert labels["executor"] == EXECUTOR and labels["php_version"].startswith("8.4.")
    assert labels["version"] in tusk.start_line


def test_unknown_pages_and_methods(tusk):
    """404 for an unknown path; 405 with Allow for a method that would change something."""
    assert tusk.admin("/nothing").status_code == 404
    refused = tusk.admin("/metrics", "POST")
    assert refused.status_code == 405 and "GET" in refused.headers["allow"]


def test_the_two_servers_are_separate(tusk):
    """The internal server runs no script and serves no file; the public one has no admin page."""
    assert tusk.admin("/hello.php").status_code == 404
    for path in ("/health", "/ready", "/metrics"):
        assert tusk.get(path).status_code == 404


def test_the_admin_server_can_be_off_or_a_unix_socket(start_tusk, tmp_path):
    """--internal-addr off opens no second port; unix:PATH is for a sidecar."""
    off = start_tusk(PHP_SCRIPTS, internal="off")
    assert off.admin_url is None and off.get("/hello.php").status_code == 200
    path = tmp_path / "admin.sock"
    tusk = start_tusk(PHP_SCRIPTS, internal=f"unix:{path}")
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, trust_env=False) as client:
        assert client.get("http://admin/ready").status_code == 200
        assert Metrics.parse(client.get("http://admin/metrics").text)
    assert tusk.get("/hello.php").status_code == 200


def test_scrapes_under_load_are_consistent(tusk):
    """Metrics parse and counters never fall while requests are running."""
    stop = []

    def load():
        with tusk.raw() as connection:
            while not stop:
                connection.get("/hello.php")

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load) for _ in range(4)]
        last = -1.0
        try:
            for _ in range(20):
                total = tusk.metrics().total("tusk_requests_total")
                assert total >= last
                last = total
        finally:
            stop.append(True)
        for one in loads:
            one.result()
