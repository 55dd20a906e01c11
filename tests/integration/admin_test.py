"""The internal server: health, readiness, metrics."""

import base64
import concurrent.futures
import json
import signal
import socket
import stat
import time
from datetime import UTC, datetime

import httpx
import pytest

from harness.php_build import php_version
from harness.prometheus import Metrics
from harness.server import EXECUTOR, PHP_SCRIPTS, run_tusk

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
    assert abs(int(head.headers["content-length"]) - len(response.content)) <= 1


@pytest.mark.parametrize("supervised", [False, True], ids=["one process", "supervised"])
def test_health_says_what_runs(start_tusk, make_root, supervised):
    """The open connections are the metric's, the time is the server's. The first generation is 1,
    whatever the environment says, and scripts see no variable of the supervisor."""
    root = make_root({"env.php": "<?php echo json_encode(getenv());"})
    tusk = start_tusk(root, env={"TUSK_GENERATION": 7}, supervised=supervised)
    with tusk.raw(), tusk.raw():
        tusk.wait_for_metric(2, "tusk_active_connections")
        health = tusk.admin("/health").json()
    assert list(health) == ["status", "timestamp", "active_connections", "version", "generation"]
    assert health["status"] == "ok" and health["active_connections"] == 2
    assert health["version"] in tusk.start_line and health["generation"] == 1
    age = datetime.now(UTC) - datetime.fromisoformat(health["timestamp"])
    assert health["timestamp"].endswith("Z") and abs(age.total_seconds()) < 60
    assert not [name for name in tusk.get("/env.php").json() if name.startswith("TUSK_")]


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
    assert labels["executor"] == EXECUTOR and labels["php_version"].startswith(php_version() + ".")
    assert labels["version"] in tusk.start_line


def test_unknown_pages_and_methods(tusk):
    """404 for an unknown path; 405 with Allow for a method that would change something."""
    assert tusk.admin("/nothing").status_code == 404
    refused = tusk.admin("/metrics", "POST")
    assert refused.status_code == 405 and "GET" in refused.headers["allow"]


def test_no_large_body_is_taken(tusk):
    """It would take the room that clients' bodies have, whoever sends it."""
    with socket.create_connection(("127.0.0.1", int(tusk.admin_url.rsplit(":", 1)[1]))) as internal:
        internal.sendall(b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        internal.settimeout(10)
        assert internal.recv(64).startswith(b"HTTP/1.1 413 ")


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


@pytest.mark.parametrize("supervised", [False, True], ids=["one process", "supervised"])
def test_the_unix_socket_of_the_internal_server(start_tusk, tmp_path, supervised):
    """internal_mode; a file that a killed process has left is replaced; the file goes with tusk.
    With several processes each of them may answer."""
    path = tmp_path / "internal.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    tusk = start_tusk(
        PHP_SCRIPTS,
        *("--internal-mode", "0600", "--processes", 2 if supervised else 1),
        internal=f"unix:{path}",
        supervised=supervised,
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for _ in range(4):
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get("http://internal/health").json()["status"] == "ok"
    if supervised:
        before, since = tusk.server_pids(), tusk.log_size()
        tusk.signal(signal.SIGHUP)
        tusk.wait_for_log("a generation has drained", since)
        assert not set(before) & set(tusk.server_pids())
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, trust_env=False) as client:
            assert client.get("http://internal/health").json()["generation"] == 2
    tusk.stop()
    assert not path.exists()


def test_a_token_for_the_internal_server(start_tusk, tmp_path):
    """internal_token_file: 401 without it, except for the pages of probes. It is in no page and no
    log."""
    token = "only-for-those-who-know"
    file = tmp_path / "token"
    file.write_text(token + "\n")
    file.chmod(0o600)
    tusk = start_tusk(PHP_SCRIPTS, "--internal-token-file", file, "--log-level", "debug")

    def get(path, value=None, method="GET"):
        headers = {} if value is None else {"Authorization": value}
        return httpx.request(method, tusk.admin_url + path, headers=headers, trust_env=False)

    for path, status in (("/", 200), ("/metrics", 200), ("/config", 200), ("/nothing", 404)):
        for value in (None, token, f"Bearer {token}x", "Bearer", f"Basic {token}"):
            refused = get(path, value)
            assert refused.status_code == 401
            challenges = refused.headers.get_list("www-authenticate")
            assert challenges == ['Bearer realm="tusk"', 'Basic realm="tusk", charset="UTF-8"']
            assert refused.headers["cache-control"] == "no-store"
        assert get(path, f"Bearer {token}").status_code == status
        assert get(path, f"bearer {token}", "HEAD").status_code == status
        assert token not in get(path, f"Bearer {token}").text
        as_password = base64.b64encode(f"anyone:{token}".encode()).decode()
        assert get(path, f"Basic {as_password}").status_code == status
    assert get("/health").status_code == 200 and get("/ready").status_code == 200
    assert token not in tusk.log()
    file.write_text("short")
    checked = run_tusk("check", "--root", PHP_SCRIPTS, "--internal-token-file", file)
    assert checked.returncode == 1
    assert checked.stderr == f"tusk: internal_token_file: {file}: the token must have 16 to 1024 characters\n"


def test_the_configuration_page(start_tusk):
    """/config is what `tusk config --json` prints, with directives masked that may be secret."""
    flags = ["--workers", 1, "-d", "memory_limit=77M", "-d", "mysqli.default_pw=hunter2",
             "-d", "session.save_path=tcp://localhost?auth=hunter2"]
    tusk = start_tusk(PHP_SCRIPTS, *flags)
    page = tusk.admin("/config")
    assert page.headers["content-type"] == "application/json"
    shown = {entry["name"]: entry for entry in page.json()}
    assert shown["php_workers"]["value"] == 1 and shown["php_workers"]["source"] == "flag --workers"
    assert shown["php.memory_limit"]["value"] == "77M"
    assert shown["php.mysqli.default_pw"]["value"] == "(redacted)"
    assert "hunter2" not in page.text
    [command] = [tusk.arguments.index("serve")]
    printed = run_tusk("config", "--json", *tusk.arguments[command + 1 :])
    assert page.json() == json.loads(printed.stdout)


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
