"""What a restart of OPcache waits for, and what waits for it."""

import fcntl
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from harness import barrier
from harness.barrier import Barrier
from harness.engine import default_engine
from harness.opcache import IMPATIENT, PATIENT, PENDING, PUT_OFF, RESTARTS, control, directives
from harness.server import PHP_SCRIPTS, needs_cached_scripts, needs_signals, sanitizer
from harness.wait import wait_for
from harness.worker_processes import children, host_of

pytestmark = needs_cached_scripts

# Worker processes restart OPcache as PHP-FPM's do: until no process uses the cache, requests run
# without it, and opcache.force_restart_timeout ends those for which that takes too long.
of_threads = pytest.mark.threads("OPcache's own locks are between processes")


@of_threads
def test_requests_wait_for_a_restart(start_tusk, make_site, tmp_path):
    """While a script runs, a reset is pending and another request arrives: it is held, and runs
    after the restart from the cache. The running script ends normally."""
    tusk = start_tusk(make_site().root, "--workers", 3, *PATIENT)
    running, gate = tusk.hold_worker(tmp_path)
    assert control(tusk, "reset") is True
    held = tusk.raw().request("GET", "/control.php?do=status")
    tusk.wait_for_metric(2, "tusk_workers", state="busy")
    assert tusk.metrics().total(RESTARTS) == 0
    gate.touch()
    assert running.response().text == "through the gate\n"
    text = held.response().text
    assert '"opcache_enabled":true' in text and '"manual_restarts":1' in text
    metrics = tusk.metrics()
    assert metrics.total(RESTARTS) == 1 and metrics.value(PUT_OFF) == 0


def straggle(tusk, directory: Path, how: str):
    """Returns a connection that waits for a script that blocks a restart."""
    began = directory / f"{how}-began"
    until = directory / f"{how}-until"
    connection = tusk.raw().request("GET", f"/straggle.php?how={how}&began={began}&until={until}")
    wait_for(began.exists, "the script to begin")
    return connection


def reset_and_wait(tusk) -> None:
    """Resets, and makes requests until the restart has happened: only requests trigger it."""
    assert control(tusk, "reset") is True
    wait_for(
        lambda: tusk.get("/hello.php").status_code == 200 and tusk.metrics().value(PENDING) == 0,
        "the restart",
    )
    assert control(tusk, "status")["opcache_statistics"]["manual_restarts"] == 1


@of_threads
@needs_signals
@pytest.mark.parametrize("how", ["events", "waits", "computes"])
def test_an_event_stream_that_blocks_a_restart_is_ended(start_tusk, make_site, tmp_path, how):
    """It ends at once, although other scripts may block a restart for an hour."""
    patience = "1h" if how == "events" else "100ms"
    tusk = start_tusk(
        make_site().root,
        *("--workers", 2, *IMPATIENT, "--opcache-force-restart-timeout", patience),
    )
    running = straggle(tusk, tmp_path, how)
    reset_and_wait(tusk)
    assert not running.read_to_end().endswith(b"0\r\n\r\n"), "the client must see the cut"
    tusk.wait_for_log(rf"a script is ended: a restart of OPcache waits[^\n]*how={how}")
    tusk.wait_for_log(r"PHP Fatal error: +Ended because a restart of OPcache waits")
    tusk.wait_for_metric(2, "tusk_workers", state="idle")
    assert tusk.metrics().value("tusk_workers", state="lost") == 0


@of_threads
@needs_signals
def test_without_a_limit_a_script_may_block_a_restart(start_tusk, make_site, tmp_path):
    tusk = start_tusk(
        make_site().root, "--workers", 2, *IMPATIENT, "--opcache-force-restart-timeout", "0"
    )
    running = straggle(tusk, tmp_path, "events")
    assert control(tusk, "reset") is True
    for _ in range(200):
        assert tusk.get("/hello.php").status_code == 200
    assert tusk.metrics().value(PENDING) == 1 and "is ended" not in tusk.log()
    (tmp_path / "events-until").touch()
    assert running.response().text == "data: first\n\n"


@of_threads
@needs_signals
@pytest.mark.skipif(bool(sanitizer()), reason="no thread is stopped under a sanitizer")
def test_a_lost_worker_does_not_block_a_restart(start_tusk, make_site, tmp_path):
    """It is inside one long native call. Its thread is stopped there, for ever."""
    tusk = start_tusk(
        make_site().root,
        *("--workers", 2, *IMPATIENT, "--request-timeout", "100ms"),
        *("--opcache-force-restart-timeout", "100ms"),
    )
    running = straggle(tusk, tmp_path, "lost")
    tusk.wait_for_metric(1, "tusk_workers", state="lost")
    reset_and_wait(tusk)
    tusk.wait_for_log("stopped a lost worker for ever: a restart of OPcache waits for it")
    assert running.read_to_end() is not None
    assert tusk.metrics().value("tusk_workers", state="idle") == 2


@pytest.mark.skipif(bool(sanitizer()), reason="a crash is not contained under a sanitizer")
def test_a_crashed_worker_does_not_block_a_restart(start_tusk, make_site):
    site = make_site()
    shutil.copy(PHP_SCRIPTS / "deep.php", site.root)
    tusk = start_tusk(site.root, "--workers", 2, *PATIENT)
    crashed = {"threads": 500, "processes": 502}[default_engine()]
    assert tusk.get("/deep.php?shape=gmp_pow").status_code == crashed
    reset_and_wait(tusk)


@of_threads
def test_a_long_script_does_not_stop_the_service(start_tusk, make_site, tmp_path):
    """A script runs for long and has sent its beginning, so a reset is delayed: other requests
    are answered, uncached. When the script has ended, the reset takes place."""
    site = make_site()
    tusk = start_tusk(site.root, "--workers", 3, *IMPATIENT)
    gate, began = tmp_path / "gate", tmp_path / "began"
    running = tusk.raw().request("GET", f"/gate.php?flush=1&until={gate}&began={began}")
    wait_for(began.exists, "the script to begin")
    assert control(tusk, "reset") is True
    for n in range(site.scripts):
        site.check(tusk.raw(), n, "a")
    status = control(tusk, "status")
    assert status is False or status["opcache_enabled"] is False
    metrics = tusk.metrics()
    assert metrics.total(RESTARTS) == 0 and metrics.value(PUT_OFF) == 1
    assert metrics.value(PENDING) == 1
    tusk.wait_for_log(r"restart is put off because scripts run too long.* scripts=1")
    gate.touch()
    assert running.response().text == "first\nthrough the gate\n"
    tusk.wait_for_metric(0, "tusk_workers", state="busy")
    assert control(tusk, "status")["opcache_statistics"]["manual_restarts"] == 1
    assert tusk.metrics().total(RESTARTS) == 1
    assert tusk.metrics().value(PENDING) == 0


@of_threads
@needs_signals
def test_a_hanging_script_blocks_a_restart_until_its_time_is_over(start_tusk, make_site, tmp_path):
    """REQUEST_TIMEOUT ends a script for which a restart waits, with a 504; the restart takes
    place, and the held requests run after it."""
    site = make_site(scripts=2)
    shutil.copy(PHP_SCRIPTS / "hang.php", site.root)
    tusk = start_tusk(site.root, "--workers", 3, "--request-timeout", "2s", *PATIENT)
    hanging = tusk.raw().request("GET", f"/hang.php?in=sleep&begin=x&seen={tmp_path / 'seen'}")
    assert hanging.head().status == 200
    assert control(tusk, "reset") is True
    held = tusk.raw().request("GET", "/control.php?do=status")
    assert '"manual_restarts":1' in held.response().text
    assert not hanging.read_to_end().endswith(b"0\r\n\r\n"), "the response must be cut off"
    assert (tmp_path / "seen").read_text() == "Request timeout of 2000 ms exceeded"
    metrics = tusk.metrics()
    assert metrics.total(RESTARTS) == 1 and metrics.value(PUT_OFF) == 0
    assert metrics.value("tusk_workers", state="lost") == 0


@of_threads
@needs_signals
def test_the_time_that_a_request_is_held_does_not_count(start_tusk, make_site, tmp_path):
    """A request that waits for a restart longer than REQUEST_TIMEOUT, and longer than the time
    after which a worker counts as lost, has its whole time when it runs."""
    site = make_site(scripts=2)
    (site.root / "hold.php").write_text(
        "<?php echo 'x'; tusk_finish_request(); while (!file_exists($_GET['until'])) usleep(2000);"
    )
    tusk = start_tusk(site.root, "--workers", 2, "--request-timeout", "300ms", *PATIENT)
    gate = tmp_path / "gate"
    assert tusk.get(f"/hold.php?until={gate}").text == "x"
    assert control(tusk, "reset") is True
    held = tusk.raw().request("GET", "/s1.php?v=a")
    began = time.monotonic()
    # The watchdog checks ten times a second; a worker has 5 s after its time is over.
    wait_for(lambda: time.monotonic() > began + 6, "time to pass")
    gate.touch()
    response = held.response()
    assert (response.status, response.text) == (200, site.expected(1, "a"))
    assert "lost" not in tusk.log()


@of_threads
@needs_signals
def test_a_lost_worker_that_may_not_be_stopped_blocks_a_restart(start_tusk, make_site, tmp_path):
    """A script that cannot be ended may use the cache until its call returns: there is no
    restart before that, and every request is answered meanwhile."""
    site = make_site(scripts=4)
    shutil.copy(PHP_SCRIPTS / "nasty/cannot_be_ended.php", site.root)
    limits = ("--request-timeout", "300ms", "--opcache-restart-timeout", "100ms")
    # The thread is not stopped for good, however long this takes.
    forever = ("--opcache-force-restart-timeout", "0")
    tusk = start_tusk(site.root, "--workers", 2, *limits, *forever, *barrier.OPTIONS)
    held = Barrier(tmp_path / "barrier")
    assert tusk.get("/cannot_be_ended.php", params=held.query).status_code == 504
    tusk.wait_for_log("a worker is lost")
    assert control(tusk, "reset") is True
    for n in range(8):
        site.check(tusk.raw(), n % 4, "a")
    metrics = tusk.metrics()
    assert metrics.total(RESTARTS) == 0 and metrics.value(PUT_OFF) >= 1
    held.let_go()
    tusk.wait_for_log("lost worker has finished its script")
    wait_for(
        lambda: tusk.get("/hello.php").text and tusk.metrics().total(RESTARTS) == 1, "the restart"
    )


@of_threads
def test_no_process_is_killed_for_a_restart(start_tusk, make_site, tmp_path):
    """opcache.force_restart_timeout makes PHP kill the processes that it waits for. That would
    be the server."""
    options = directives(force_restart_timeout=1, log_verbosity_level=2)
    tusk = start_tusk(make_site().root, "--workers", 2, *IMPATIENT, *options)
    running, gate = tusk.hold_worker(tmp_path)
    assert control(tusk, "reset") is True
    wait_for(
        lambda: tusk.get("/hello.php").text == "Hello World!" and "Forced restart" in tusk.log(),
        "PHP to try to force the restart",
    )
    gate.touch()
    assert running.response().text == "through the gate\n"
    tusk.wait_for_metric(0, "tusk_workers", state="busy")
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().total(RESTARTS) == 1


def lock_file(pid: int) -> str:
    """Returns a path of OPcache's lock file, which has no other name."""
    for entry in os.scandir(f"/proc/{pid}/fd"):
        if re.search(r"opcache_lock|\.ZendSem\.", os.readlink(entry.path)):  # 8.4 and 8.2
            return entry.path
    raise AssertionError("OPcache has no lock file open")


@pytest.mark.processes("threads have one lock for all")
def test_a_worker_process_has_its_own_lock(start_tusk, make_site, tmp_path):
    """A process that uses the cache is known to the others by its record lock. One of an open file
    description would be shared by all workers; tusk makes such locks for scripts and libraries, and
    OPcache is a part of libphp since PHP 8.5."""
    tusk = start_tusk(make_site().root, "--workers", 1)
    (tmp_path / "open").touch()
    tusk.get("/gate.php", params={"until": tmp_path / "open"})  # from now on it is cached
    running, gate = tusk.hold_worker(tmp_path)
    host = host_of(tusk.pid)
    (worker,) = children(host)
    inode = os.stat(lock_file(host)).st_ino
    kinds = [line.split()[1:4] for line in Path("/proc/locks").read_text().splitlines()
             if f" {worker} " in line and f":{inode} " in line]
    assert kinds == [["POSIX", "ADVISORY", "READ"]]
    gate.touch()
    assert running.response().text == "through the gate\n"


def test_another_process_with_the_cache_is_waited_for(start_tusk, make_site):
    """A process that uses the same cache (a child of pcntl_fork()) locks it as PHP does. No
    restart happens before it has released the lock."""
    tusk = start_tusk(make_site().root, "--workers", 2, *IMPATIENT)
    owner = tusk.pid if default_engine() == "threads" else host_of(tusk.pid)
    with open(lock_file(owner), "rb") as file:
        fcntl.lockf(file, fcntl.LOCK_SH, 1, 1)
        assert control(tusk, "reset") is True
        for _ in range(20):
            assert tusk.get("/hello.php").text == "Hello World!"
        metrics = tusk.metrics()
        assert metrics.total(RESTARTS) == 0 and metrics.value(PENDING) == 1
        assert default_engine() != "threads" or metrics.value(PUT_OFF) >= 1
    wait_for(
        lambda: tusk.get("/hello.php").text and tusk.metrics().total(RESTARTS) == 1, "the restart"
    )


def test_no_session_is_started_for_a_restart(start_tusk, make_site, tmp_path):
    """session.auto_start: one session for each request, none for OPcache's restart."""
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    session = ["-d", "session.auto_start=1", "-d", f"session.save_path={sessions}"]
    tusk = start_tusk(make_site().root, "--workers", 2, *PATIENT, *session)
    with tusk.new_client() as client:
        for _ in range(5):
            assert client.get("/control.php?do=reset").text == "true"
        assert client.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().total(RESTARTS) == 5
    assert len(list(sessions.iterdir())) == 1


def test_without_a_cache_nothing_is_held(start_tusk, make_site, tmp_path):
    """With opcache.enable=0, or a cache in files only, scripts run, and there is nothing to
    reset."""
    site = make_site(scripts=4)
    files_only = directives(file_cache=tmp_path, file_cache_only=1)
    for options in (directives(enable=0), files_only):
        tusk = start_tusk(site.root, "--workers", 2, *options)
        for n in range(8):
            site.check(tusk.raw(), n % 4, "a")
        control(tusk, "reset")
        for n in range(8):
            site.check(tusk.raw(), n % 4, "b")
        assert tusk.metrics().total(RESTARTS) == 0
        assert "not safe" not in tusk.log()
