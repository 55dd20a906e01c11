"""A resident script whose application boots in its first request, as frameworks do: what that
request sets stays, but for what belongs to its client."""

import pytest

from harness.engine import ENGINES
from harness.php_build import is_older_than, php_version
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

ROOT = PHP_SCRIPTS / "resident"
SCRIPT = ROOT / "first_request.php"

E_ALL = 32767 if is_older_than("8.4") else 30719  # E_STRICT is no part of it any more
LEVEL = E_ALL & ~8192  # E_ALL & ~E_DEPRECATED
BOOT = {
    "zone": "Asia/Tokyo",
    "warning": "thrown",
    "wrapper": "from the wrapper",
    "filter": "TEXT",
    "save path": "/tmp/of-the-boot",
    "save handler": "user",
    "variable": "1",
    "encoding": "EUC-JP",
    "libxml": True,
    "locale": "C.UTF-8",
    "directory": "/tmp",
    "umask": 0o27,
    "context": {"http": {"timeout": 3}},
}


class Site:
    def __init__(self, server, directory):
        self.server = server
        self.directory = directory
        self.first = None

    def get(self, do: str = "", **options):
        """What the request has seen, without what is of no interest."""
        client = self.server.new_client()  # without cookies of others
        answer = client.get("/first_request.php", params={"do": do}, **options).json()
        self.first = answer["first"]
        del answer["settings"]["level"]
        return answer

    def notes(self) -> list:
        file = self.directory / "notes"
        return file.read_text().split("\n")[:-1] if file.exists() else []


@pytest.fixture
def site(start_tusk, tmp_path):
    def start(*options, **how) -> Site:
        server = start_tusk(
            ROOT,
            *("--resident", SCRIPT, "--resident-workers", 1),
            *("-d", "variables_order=EGPCS", "-d", "max_execution_time=50"),
            *options,
            env={"TEST_DIRECTORY": tmp_path},
            **how,
        )
        return Site(server, tmp_path)

    return start


def client_of(do: str = "") -> dict:
    """What a client sees of itself, and of no other."""
    return {
        "get": {"do": do},
        "post": [],
        "cookie": [],
        "agent": None,
        "session": [1, "", None],
        "env": None,
        "limit": "50",
        "headers": ["Content-type: text/html; charset=UTF-8"],
        "buffers": 0,
        "last error": None,
        "status": 200,
    }


def test_the_first_request_completes_the_boot(site):
    site = site()
    options = {"headers": {"X-Client": "first", "Cookie": "client=first"}}
    assert site.get("change", **options)["settings"] == BOOT
    # It sees the first one's settings, and nothing of its client.
    for do in ("", "change settings", "", "register", "registered", "register", ""):
        answer = site.get(do)
        assert answer["settings"] == BOOT, do
        client = answer["client"]
        client["headers"] = [field for field in client["headers"] if "X-Powered-By" not in field]
        expected = client_of(do)
        expected["headers"] = client["headers"]
        assert "X-Client: first" not in client["headers"]
        assert client == expected, do
    assert site.notes() == ["boot", "shutdown", "of a later request"]
    # Frameworks make the page of a fatal error in a shutdown function.
    page = site.server.client.get("/first_request.php?do=exhaust")
    assert (page.status_code, "error page" in page.text) == (500, True)
    wait_for(lambda: site.get()["served"] == 1, "another boot")
    assert site.notes() == ["boot", "shutdown", "of a later request", "shutdown", "boot", "shutdown"]


def test_requests_that_fail_belong_to_the_boot_too(site):
    """The application has booted in the first, which sets nothing again. The boot ends with the
    first that succeeds."""
    site = site()
    answer = site.server.client.get("/first_request.php?do=fail")
    assert (answer.status_code, answer.json()["settings"]["level"]) == (500, LEVEL)
    # What "@" has lowered when it exits is not the boot's.
    lowered = site.server.client.get("/first_request.php?do=silence").json()["level"]
    for do in ("change settings", ""):
        answer = site.server.client.get("/first_request.php", params={"do": do}).json()
        assert answer["settings"].pop("level") == LEVEL != lowered
        assert answer["settings"] == BOOT


def test_warm_up_requests_complete_the_boot(site):
    site = site("--resident-warm-up", "/up?from=tusk",
                "--resident-warm-up", "https://shop.example:444/up2")
    answer = site.get()
    assert answer["served"] == 3
    assert answer["settings"] == BOOT
    assert site.first == {
        "uri": "/up?from=tusk",
        "host": "localhost",
        "method": "GET",
        "client": "127.0.0.1",
        "script": "/first_request.php",
        "query": {"from": "tusk"},
        "https": None,
    }
    # No client's request is part of the boot then.
    assert site.get("change settings")["settings"] == BOOT
    assert site.get()["settings"] == BOOT
    assert site.server.metrics().total("tusk_requests_total") == 3


@pytest.mark.parametrize(("how", "reason"), [
    ("status", "its warm-up request for /up fails: status 503"),
    ("error", "its warm-up request for /up fails: Allowed memory size of "),
])
def test_a_script_whose_warm_up_fails_has_not_booted(site, tmp_path, how, reason):
    (tmp_path / "fail").write_text(how)
    site = site("--resident-warm-up", "/up?secret", ready=False)
    site.server.wait_until_started()
    site.server.wait_for_log(f"the resident script does not boot.*{reason}")
    assert "secret" not in site.server.log()
    assert site.server.client.get("/first_request.php").status_code == 503
    (tmp_path / "fail").unlink()
    wait_for(lambda: site.server.client.get("/first_request.php").status_code == 200, "a boot")
    assert site.get()["settings"] == BOOT


SLOW_BOOT = """<?php
$hold = getenv('TEST_DIRECTORY') . '/hold';
while (file_exists($hold)) { usleep(2000); clearstatcache(); }
$last = false;
while (tusk_handle_request(function () use (&$last) { echo 'served'; $last = isset($_GET['last']); }) && !$last);
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_boot_is_no_request_of_a_client(start_tusk, make_root, tmp_path, engine):
    """Its worker says that it boots, and for how long; neither it nor a request of warm_up is counted."""
    root = make_root({"slow.php": SLOW_BOOT})
    server = start_tusk(
        root, "--engine", engine, "--workers", 1, "--resident", root / "slow.php", "--resident-workers", 1,
        "--resident-warm-up", "/slow.php", env={"TEST_DIRECTORY": tmp_path}, supervised=True)

    def worker() -> dict:
        [process] = server.admin("/workers?format=json").json()["processes"]
        [found] = [each for each in process["workers"] if each["pool"] == "resident"]
        return found

    def counted(requests: int):
        wait_for(lambda: (worker()["state"], worker()["requests"]) == ("idle", requests), "the count")
        metrics = server.metrics()
        assert metrics.value("tusk_pool_requests_total", pool="resident") == requests
        assert metrics.total("tusk_requests_total") == requests
        assert metrics.value("tusk_php_duration_seconds_count") == requests

    counted(0)
    assert (worker()["last_request"], worker()["boot"]) == (None, None)
    assert server.get("/slow.php?a").text == "served"
    counted(1)
    assert worker()["last_request"]["path"] == "/slow.php"

    (tmp_path / "hold").touch()
    assert server.get("/slow.php?last").text == "served"
    wait_for(lambda: worker()["state"] == "booting", "the worker to boot again")
    server.wait_for_metric(1, "tusk_pool_workers", pool="resident", state="booting")
    boot = wait_for(lambda: worker()["boot"]["seconds"] > 0.2 and worker(), "some time to pass")
    assert boot["requests"] == 2 and boot["request"] is None and boot["last_request"] is None
    assert boot["boot"]["script"] == str(root / "slow.php")
    [row] = [row for row in server.command("workers").stdout.splitlines() if " resident " in row]
    assert row.split()[2:4] == ["resident", "booting"] and row.split()[-1].endswith("slow.php")
    [state] = [thread["state"] for thread in server.admin("/status").json()["processes"][0]["workers"]
               if thread["pool"] == "resident"]
    assert state == "booting"
    html = server.admin("/workers").text
    assert "<td>booting</td>" in html and "GET localhost" not in html

    (tmp_path / "hold").unlink()
    counted(2)
    assert server.get("/slow.php").text == "served"
    counted(3)


@pytest.mark.skipif(php_version() not in ("8.2", "8.4", "8.5"), reason="the layouts are known of PHP 8.2, 8.4 and 8.5")
def test_the_globals_of_every_extension_are_known(site):
    """Those with an unknown layout would not be put back; only a debug line says so."""
    site = site("--log-level", "debug")
    assert site.get()["settings"] == BOOT
    assert "unknown layout" not in site.server.log()
