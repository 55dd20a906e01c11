"""Three tusk behind HAProxy, with contrib/fleet: all are replaced under load and no request fails; one is killed, and
only its requests in flight fail; visitors keep their sessions. Debian's PHP and Redis if they are there, otherwise
the PHP of the build and sessions in files. `make drill-fleet` runs it with more load, for TUSK_DRILL_SECONDS."""

import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from drills.restarts_drill import EVENTS
from drills.steady_load import BIG_BYTES, SteadyLoad
from fleet.fleet import EXAMPLE, NAMES, Fleet, find
from fleet.visitors import Visitors
from harness.server import PHP_SCRIPTS, REPOSITORY, TUSK
from harness.wait import wait_for

SECONDS = float(os.environ.get("TUSK_DRILL_SECONDS", "4"))
DEBIAN = Path(os.environ.get("TUSK_DEBIAN_PROGRAMS") or REPOSITORY / "build/release-debian")
LOAD = {"kept": 24, "fresh": 8, "http2": 4, "slow": 3, "pause": 0.2}

pytestmark = [
    pytest.mark.skipif(not find("haproxy"), reason="HAProxy is not there: tools/setup/deps.sh test"),
    # A replacement takes drain_delay, the checks of HAProxy and a start, on a machine with much else to do.
    pytest.mark.timeout(300 + 10 * SECONDS),
]


def has_redis() -> bool:
    """Debian's PHP has the extension, and there is a server for it."""
    extension = list(Path("/etc/php/8.2/embed/conf.d").glob("*redis.ini"))
    return bool(extension and find("redis-check-rdb") and (DEBIAN / "tusk").exists())


PROGRAMS = DEBIAN if has_redis() else TUSK.parent


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("work.php", "hello.php", "session_count.php"):
        shutil.copy(PHP_SCRIPTS / name, root)
    (root / "events.php").write_text(EVENTS)
    (root / "big.bin").write_bytes(os.urandom(BIG_BYTES))
    return root


@pytest.fixture
def fleet(root, tmp_path):
    fleet = Fleet(root, tmp_path, PROGRAMS, with_redis=has_redis())
    yield fleet
    fleet.stop()


@pytest.fixture
def new_version(tmp_path) -> Path:
    """Other files, as a new version has: the programs that run are not touched."""
    directory = tmp_path / "new"
    directory.mkdir()
    for path in PROGRAMS.glob("tusk*"):
        if path.is_file() and os.access(path, os.X_OK):
            shutil.copy2(path, directory, follow_symlinks=path.is_symlink() and path.name != "tusk-php-host")
    return directory


def say(what: str, attempts: list, visitors: Visitors, clients: SteadyLoad) -> None:
    kinds = dict(Counter(attempt.kind for attempt in attempts))
    visits = sum(len(visit.counts) for visit in visitors.visits)
    slowest = sorted(a.ended - a.begun for a in attempts if a.kind in ("kept", "fresh", "http2"))
    print(f"\n{what}: {kinds}, {visits} visits; {sum(bool(a.failure) for a in attempts)} failed,"
          f" {clients.unannounced} idle connections closed, p50 {slowest[len(slowest) // 2] * 1000:.0f} ms,"
          f" p99 {slowest[-len(slowest) // 100] * 1000:.0f} ms, slowest {slowest[-1] * 1000:.0f} ms")


def check_sessions(visitors: Visitors) -> None:
    """Each request of a visitor has found what the one before has left, whichever machine has answered."""
    for visit in visitors.visits:
        assert visit.failures == []
        assert visit.counts == list(range(1, len(visit.counts) + 1))
    assert set().union(*(visit.servers for visit in visitors.visits)) == set(NAMES)
    assert max(len(visit.servers) for visit in visitors.visits) > 1


@pytest.mark.skipif(not find("haproxy"), reason="HAProxy is not installed")
def test_the_example_is_understood(tmp_path):
    """HAProxy has nothing to say about contrib/fleet/haproxy.cfg as it is."""
    key, certificate = tmp_path / "site.key", tmp_path / "site.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-subj", "/CN=example.org", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    (tmp_path / "site.pem").write_text(certificate.read_text() + key.read_text())
    text = (EXAMPLE / "haproxy.cfg").read_text().replace("/etc/haproxy/site.pem", str(tmp_path / "site.pem"))
    (tmp_path / "haproxy.cfg").write_text(text)
    done = subprocess.run([find("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"], capture_output=True, text=True)
    assert done.returncode == 0 and "WARNING" not in done.stderr and "ALERT" not in done.stderr, done.stderr


def test_all_are_replaced_and_no_request_fails(fleet, new_version):
    """One after the other ends, finishes what it has, and another starts in its place from other files, while
    uploads, downloads, event streams and HTTP/2 go on. Nothing fails, and the sessions go on."""
    with SteadyLoad(fleet.haproxy.port, **LOAD) as clients, Visitors(fleet.haproxy.port) as visitors:
        time.sleep(SECONDS / 4)
        for name in NAMES:
            fleet.replace(name, new_version)
            fleet.haproxy.wait_for_state("UP")
        time.sleep(SECONDS / 4)
        attempts = clients.finish()
    say("three replaced", attempts, visitors, clients)
    assert [attempt for attempt in attempts if attempt.failure] == []
    check_sessions(visitors)
    for server in fleet.instances.values():
        programs = {Path(os.readlink(f"/proc/{pid}/exe")).parent for pid in server.server_pids()}
        assert programs == {new_version}


def test_reloads_and_upgrades_beneath_it_cost_nothing(fleet):
    """`tusk reload` and `tusk upgrade` on each: the balancer need not know."""
    with SteadyLoad(fleet.haproxy.port, **LOAD) as clients, Visitors(fleet.haproxy.port) as visitors:
        until = time.monotonic() + SECONDS
        while True:
            for name in NAMES:
                for command in ("reload", "upgrade"):
                    done = fleet.instances[name].command(command)
                    assert done.returncode == 0, done.stderr
            if time.monotonic() > until:
                break
        attempts = clients.finish()
    say("reloads and upgrades", attempts, visitors, clients)
    assert [attempt for attempt in attempts if attempt.failure] == []
    check_sessions(visitors)
    assert set(fleet.haproxy.servers().values()) == {"UP"}


def test_a_killed_one_costs_its_requests_in_flight(fleet):
    """SIGKILL to all of its processes. Only requests that were under way at that moment fail, and no visitor is
    forgotten. When it is there again, it gets requests again."""
    with SteadyLoad(fleet.haproxy.port, **LOAD) as clients, Visitors(fleet.haproxy.port) as visitors:
        time.sleep(max(1.0, SECONDS / 4))
        begun = time.monotonic()
        fleet.kill("two")
        ended = time.monotonic()
        fleet.haproxy.wait_for_state("DOWN", "two")
        noticed = time.monotonic() - ended
        time.sleep(max(1.0, SECONDS / 4))
        fleet.start_again("two", PROGRAMS)
        fleet.haproxy.wait_for_state("UP")
        attempts = clients.finish()
    say("one killed", attempts, visitors, clients)
    in_flight = [a for a in attempts if a.begun <= ended and a.ended >= begun]
    failed = [attempt for attempt in attempts if attempt.failure]
    print(f"in flight everywhere: {len(in_flight)}, failed: {dict(Counter(a.kind for a in failed))},"
          f" noticed after {noticed:.1f} s")
    assert [attempt for attempt in failed if attempt not in in_flight] == []
    assert len(failed) < len(in_flight)
    for visit in visitors.visits:
        assert [why for at, to, why in visit.failures if at > ended or to < begun] == []
        # A request that HAProxy has repeated, or whose answer was lost, may have been counted.
        steps = [after - before for before, after in zip(visit.counts, visit.counts[1:])]
        assert visit.counts[0] == 1 and set(steps) <= {1, 2} and steps.count(2) <= 1, visit.counts


def test_one_that_stops_says_so_and_serves_on(fleet):
    """After SIGTERM /ready answers 503 at once and the page 200, until the balancer sends no more."""
    server = fleet.instances["one"]
    server.process.terminate()

    def not_ready():
        answer = server.admin("/ready")
        return answer if answer.status_code == 503 else None

    answer = wait_for(not_ready, "/ready to answer 503")
    assert answer.json()["status"] == "draining" and answer.json()["accepting"] is True
    assert httpx.get(f"{server.url}/hello.php", trust_env=False).status_code == 200
    assert server.admin("/health").status_code == 200
    assert server.admin("/metrics").status_code == 401, "the token guards it"
    fleet.haproxy.wait_for_state("DOWN", "one")
    assert server.process.poll() is None, "it serves for longer than HAProxy needs to notice"
    assert server.wait_for_exit() == 0


def test_clients_cannot_forge_what_the_balancer_says(fleet, root):
    (root / "who.php").write_text(
        "<?php echo $_SERVER['REMOTE_ADDR'], ' ', $_SERVER['HTTP_HOST'], ' ', $_SERVER['REQUEST_SCHEME'];"
    )
    forged = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
              "X-Forwarded-Port": "1", "Forwarded": "for=192.0.2.2;host=evil.example", "Host": "shop.example"}  # fmt: skip
    got = httpx.get(f"http://127.0.0.1:{fleet.haproxy.port}/who.php", headers=forged, trust_env=False)
    assert got.text == "127.0.0.1 shop.example http"


def test_checks_need_no_proxy_header(root, tmp_path):
    """With the PROXY protocol HAProxy asks the internal server without a header, and tusk answers."""
    (root / "who.php").write_text("<?php echo $_SERVER['REMOTE_ADDR'], ' ', $_SERVER['SERVER_PORT'];")
    fleet = Fleet(root, tmp_path, PROGRAMS, with_redis=False, proxy_protocol=True)
    try:
        got = httpx.get(f"http://127.0.0.1:{fleet.haproxy.port}/who.php", trust_env=False)
        assert got.text == f"127.0.0.1 {fleet.haproxy.port}", "the client's own address, and HAProxy's port"
    finally:
        fleet.stop()


def test_the_redis_part_is_tested():
    """Says what was left out."""
    if not has_redis():
        pytest.skip("sessions were in files: no build/release-debian, php8.2-redis or redis-tools here")
