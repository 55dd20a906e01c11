"""What one request of a resident script changes is not seen by the next, and what the boot has set
stays: the differential suite (suite.py), in its quick form. tests/soak/resident_soak.py is the long
one. And what docs/resident-state.md calls the application's own stays from request to request."""

import os
import time

import pytest

from harness.server import sanitizer
from harness.wait import wait_for
from harness.worker_processes import HOST
from resident.suite import BOOTS, SETTINGS, SITE, Comparison, resident

needs_rewind = pytest.mark.skipif(
    not HOST.is_file() or bool(sanitizer()),
    reason="rewind needs a PHP host, and memory that no sanitizer has")

WORKERS = 3
CLIENTS = 4
ROUNDS = 3  # how often each probe is sent, on the average


@pytest.fixture(scope="module")
def plain(start_module_tusk):
    # A worker runs one request, so each answer is that of a fresh thread.
    return start_module_tusk(SITE, "--workers", 1, "--worker-max-requests", 1, *SETTINGS)


@pytest.mark.parametrize("boot", BOOTS)
def test_no_request_sees_what_another_has_set(plain, start_tusk, boot):
    server = start_tusk(SITE, *resident(f"resident_{boot}.php", WORKERS), *SETTINGS)
    comparison = Comparison(plain, server, boot)
    comparison.run(ROUNDS * len(comparison.probes), CLIENTS)
    comparison.check()


REWIND = ("--engine", "processes", "--resident-mode", "rewind")


@needs_rewind
@pytest.mark.parametrize("boot", BOOTS)
def test_a_rewound_request_sees_what_the_first_has_seen(plain, start_tusk, boot):
    server = start_tusk(SITE, *resident(f"resident_{boot}.php", WORKERS), *SETTINGS, *REWIND)
    comparison = Comparison(plain, server, boot)
    comparison.run(ROUNDS * len(comparison.probes), CLIENTS)
    comparison.check()


@needs_rewind
def test_not_even_the_applications_own_stays_when_it_rewinds(start_tusk):
    server = start_tusk(SITE, *resident("keeps.php", 1), *REWIND)
    answers = [server.get("/keeps.php", params={"step": "count"}).text for _ in range(3)]
    assert len(set(answers)) == 1


def test_what_is_the_applications_own_stays(start_tusk, tmp_path):
    # Without the value of the resident script, a changed file would be seen after an hour.
    options = ("-d", "opcache.revalidate_freq=3600")
    server = start_tusk(SITE, *resident("keeps.php", 1), *options)

    def step(name, **query):
        return server.get("/keeps.php", params={"step": name, **query}).text

    assert [step("count"), step("count")] == ["1 10", "2 10"]
    assert [step("transaction"), step("transaction")] == ["true", "true"]

    # A process that the application still holds is not taken from it; others are.
    assert [step("start"), step("count"), step("exit code")] == ["started", "3 10", "3"]
    assert step("leave child") == "left"
    wait_for(lambda: step("children") == "-1", "the child to be reaped")
    assert step("fork") == "parent"
    assert step("count") == "4 10"

    # The body's stream is closed with its request.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    counts = [
        server.post("/keeps.php?step=resources", content=b"a=1", headers=form).text
        for _ in range(3)
    ]
    assert counts[1] == counts[2]

    template = tmp_path / "template.php"
    for number, age in ((1, 1000), (2, 500)):
        template.write_text(f"<?php return 'version {number}';")
        os.utime(template, (time.time() - age,) * 2)
        assert step("include", file=template) == f"version {number}"


def test_zlib_compresses_each_request(start_tusk):
    options = ("--compression", "off", "-d", "zlib.output_compression=1")
    server = start_tusk(SITE, *resident("resident_bare.php", 1), *options)
    for coding in ("gzip", "", "gzip", "gzip"):
        response = server.get("/resident_bare.php", headers={"Accept-Encoding": coding})
        assert response.headers.get("Content-Encoding", "") == coding
        assert response.json()["probes"]
