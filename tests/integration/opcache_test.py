"""OPcache, whose memory all workers share: restarts while they run scripts, invalidation,
changing files, OPcache's functions, preloading, JIT."""

import fcntl
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from harness import barrier
from harness.barrier import Barrier
from harness.code_site import CodeSite, Crowd, age
from harness.server import PHP_SCRIPTS, needs_cached_scripts, needs_signals, run_tusk, sanitizer
from harness.wait import wait_for

pytestmark = needs_cached_scripts

# For tests in which a request must not stop waiting for a restart, however slow the machine is.
PATIENT = ("--opcache-restart-timeout", "1h")
# For tests in which it must stop waiting.
IMPATIENT = ("--opcache-restart-timeout", "1ms")

RESTARTS = "tusk_opcache_restarts_total"
PUT_OFF = "tusk_opcache_restarts_put_off_total"
PENDING = "tusk_opcache_restart_pending"


@pytest.fixture
def make_site(tmp_path):
    """make_site(scripts=40) makes a CodeSite with the scripts that control OPcache."""

    def make(**options) -> CodeSite:
        root = tmp_path / "root"
        root.mkdir()
        for name in ("opcache/control.php", "opcache/straggle.php", "hello.php", "gate.php"):
            age(shutil.copy(PHP_SCRIPTS / name, root))
        return CodeSite(root, **options)

    return make


def control(tusk, do: str, file: str = ""):
    response = tusk.get("/control.php", params={"do": do, "file": file})
    assert response.status_code == 200, response.text
    return response.json()


def directives(**values) -> list:
    """Returns arguments that set opcache.*."""
    return [
        part for name, value in values.items() for part in ("-d", f"opcache.{name}={value}")
    ]


def crowd_of(tusk, site: CodeSite, clients: int = 4) -> Crowd:
    def ask(connection, client, sequence):
        site.check(connection, (client * 11 + sequence) % site.scripts, f"{client}-{sequence}")

    return Crowd(tusk.port, ask, clients)


def reset_under_load(tusk, site: CodeSite, resets: int) -> None:
    """Resets as fast as resets are accepted, and then with pauses in which code is cached and
    used."""
    with crowd_of(tusk, site) as crowd:
        for n in range(resets):
            wait_for(lambda: crowd.check() and control(tusk, "reset"), "a reset to be accepted")
            if n % 10 == 0:
                goal = crowd.answered() + 3 * site.scripts
                wait_for(lambda: crowd.check() and crowd.answered() >= goal, "more answers")
    # The next request performs the last reset.
    assert tusk.get("/hello.php").text == "Hello World!"
    statistics = control(tusk, "status")["opcache_statistics"]
    assert statistics["manual_restarts"] == resets
    metrics = tusk.metrics()
    assert metrics.value(RESTARTS) == resets and metrics.value(PUT_OFF) == 0
    assert metrics.value("tusk_worker_restarts_total") == 0


def test_resets_under_load(start_tusk, make_site):
    """opcache_reset() again and again while all workers run scripts from the cache: each answer
    is right, no request is lost, and each reset takes place."""
    site = make_site()
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT)
    reset_under_load(tusk, site, resets=60)  # `make soak` does it for longer
    tusk.wait_for_log("OPcache has restarted at the request of a script")


def reset_while_all_ask_the_same(tusk, expected: str, resets: int) -> None:
    """Makes all workers compile and link the same code at the same time, again and again."""

    def ask(connection, client, sequence):
        response = connection.get("/race.php")
        assert (response.status, response.text) == (200, expected)

    with Crowd(tusk.port, ask) as crowd:
        for _ in range(resets):
            wait_for(lambda: crowd.check() and control(tusk, "reset"), "a reset to be accepted")
            goal = crowd.answered() + 4
            wait_for(lambda: crowd.check() and crowd.answered() >= goal, "more answers")
    assert tusk.metrics().value("tusk_worker_restarts_total") == 0


def test_names_compiled_by_all_workers_at_once(start_tusk, make_site):
    """A thread puts a script's names into OPcache's memory while others compile the same script:
    PHP's compiler must not find a name there that it did not find a moment before."""
    site = make_site(scripts=1)
    files = range(40)
    names = "".join(f"const NAME_{n} = {n};\n" for n in range(5000))
    for n in files:
        (site.root / f"names{n}.php").write_text(f"<?php\nnamespace Site{n};\n{names}return NAME_77;")
        # Some threads are still compiling when another has finished.
        code = f"usleep(mt_rand(0, 4000)); echo require __DIR__ . '/names{n}.php';"
        (site.root / f"race{n}.php").write_text(f"<?php\n{code}\n")
        for name in ("names", "race"):
            age(site.root / f"{name}{n}.php")
    tusk = start_tusk(site.root, "--workers", 4)
    clients = [tusk.raw() for _ in range(4)]
    for n in files:
        for connection in clients:
            connection.request("GET", f"/race{n}.php")
        for connection in clients:
            assert connection.response().text == "77"
    assert control(tusk, "status")["opcache_statistics"]["num_cached_scripts"] == 2 * len(files) + 1


def test_code_that_is_compiled_has_its_own_strings(start_tusk, make_site):
    """The reason why the test above passes: code that is being compiled shares no strings with
    the cache, whether they are there or not. Code from the cache does."""
    site = make_site(scripts=1)
    (site.root / "words.php").write_text(
        "<?php debug_zval_dump('words of this script');\n"
        "eval('debug_zval_dump(\\'words of this script\\');');"
    )
    age(site.root / "words.php")
    tusk = start_tusk(site.root, "--workers", 1)
    for _ in range(3):
        cached, compiled = tusk.get("/words.php").text.splitlines()
        assert cached.endswith('"words of this script" interned')
        assert re.search(r'"words of this script" refcount\(\d\)', compiled)


def test_classes_linked_by_all_workers_at_once(start_tusk, make_site):
    """A thread publishes a class with its resolved parent while others are about to do the same:
    each finds its own static properties and variables, new ones in each request."""
    site = make_site(scripts=1)
    classes = range(200)
    (site.root / "base.php").write_text("""<?php
interface Named { public function name(): string; }
abstract class Base implements Named {
    public function name(): string { static $calls = 0; return static::class . ++$calls; }
}
""")
    code = "".join(
        f"""
final class C{n} extends Base {{
    public static int $count = {n};
    public static array $seen = ['{n}'];
    public function next(): string {{
        static $calls = 0;
        self::$seen[] = 'x' . ++self::$count;
        return ++$calls . ':' . self::$count . ':' . implode(',', self::$seen) . $this->name();
    }}
}}
"""
        for n in classes
    )
    (site.root / "classes.php").write_text(f"<?php{code}")
    (site.root / "race.php").write_text(f"""<?php
require __DIR__ . '/base.php';
require __DIR__ . '/classes.php';
for ($n = 0; $n < {len(classes)}; ++$n) {{
    $object = new ("C$n");
    $object->next();
    echo $object->next(), "\\n";
}}
""")
    for name in ("base", "classes", "race"):
        age(site.root / f"{name}.php")
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT)
    expected = "".join(f"2:{n + 2}:{n},x{n + 1},x{n + 2}C{n}{2 * n + 2}\n" for n in classes)
    reset_while_all_ask_the_same(tusk, expected, resets=60)


def test_resets_under_load_with_jit(start_tusk, make_site):
    """As above, with machine code that is freed too."""
    site = make_site()
    jit = directives(jit="tracing", jit_buffer_size="64M", jit_hot_func=2, jit_hot_loop=2)
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *jit)
    state = control(tusk, "status")["jit"]
    assert state["enabled"] and state["on"] and state["buffer_free"] > 0
    reset_under_load(tusk, site, resets=100)


def test_resets_under_load_with_a_file_cache(start_tusk, make_site, tmp_path):
    """As above, with OPcache's second cache in files, which it then reads from."""
    site = make_site()
    files = tmp_path / "files"
    files.mkdir()
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *directives(file_cache=files))
    reset_under_load(tusk, site, resets=50)
    assert list(files.rglob("s0.php.bin")), "the file cache must be used"


def test_a_file_cache_is_filled_by_all_workers_at_once(start_tusk, make_site, tmp_path):
    """The first requests after the start reach all workers at once, and each fills the cache."""
    site = make_site(scripts=8)
    for n in range(12):
        files = tmp_path / f"files{n}"
        files.mkdir()
        tusk = start_tusk(site.root, "--workers", 8, *directives(file_cache=files))
        clients = [tusk.raw() for _ in range(8)]
        for client, connection in enumerate(clients):
            connection.request("GET", f"/s{client}.php?v=a")
        for client, connection in enumerate(clients):
            assert connection.response().text == site.expected(client, "a")


@pytest.mark.parametrize("lack", ["memory", "keys"])
def test_a_full_cache_restarts_under_load(start_tusk, make_site, lack):
    """Memory or keys are used up, and enough is wasted: OPcache restarts by itself while all
    workers run. Every answer is right."""
    if lack == "memory":
        site = make_site(scripts=60, padding_bytes=60_000)
        limits = directives(memory_consumption=8, interned_strings_buffer=1)
    else:
        site = make_site(scripts=200, padding_bytes=3_000)
        limits = directives(memory_consumption=16, max_accelerated_files=200)
    limits += directives(max_wasted_percentage=1)
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *limits)
    with crowd_of(tusk, site) as crowd:
        n = 0
        while tusk.metrics().value(RESTARTS) < 3:
            crowd.check()
            for n in range(n + 1, n + 20):
                control(tusk, "invalidate", f"s{n % site.scripts}.php")
    statistics = control(tusk, "status")["opcache_statistics"]
    assert statistics["oom_restarts" if lack == "memory" else "hash_restarts"] >= 3
    assert statistics["manual_restarts"] == 0
    setting = "memory_consumption" if lack == "memory" else "max_accelerated_files"
    tusk.wait_for_log(rf"OPcache was full and has restarted; opcache\.{setting} is too small")


def test_a_full_cache_without_waste_stays(start_tusk, make_site):
    """Memory is used up and nothing is wasted: there is no restart, cached code is used, other
    code is compiled for each request, also by new threads."""
    site = make_site(scripts=60, padding_bytes=200_000)
    limits = directives(memory_consumption=8, interned_strings_buffer=1, max_wasted_percentage=50)
    tusk = start_tusk(site.root, "--workers", 4, "--worker-max-requests", 7, *PATIENT, *limits)
    with crowd_of(tusk, site) as crowd:
        wait_for(lambda: crowd.check() and crowd.answered() >= 10 * site.scripts, "answers")
    status = control(tusk, "status")
    assert 0 < status["opcache_statistics"]["num_cached_scripts"] < 2 * site.scripts
    metrics = tusk.metrics()
    assert metrics.value(RESTARTS) == 0 and metrics.value("tusk_worker_restarts_total") > 0


def test_invalidation_under_load(start_tusk, make_site):
    """opcache_invalidate() and opcache_compile_file() of scripts that others run: answers stay
    right."""
    site = make_site()
    tusk = start_tusk(site.root, "--workers", 4)
    with crowd_of(tusk, site) as crowd:
        for n in range(200):
            file = f"s{n % site.scripts}.php" if n % 2 else f"lib/{n % site.scripts}.php"
            assert control(tusk, "invalidate", file) is True
            if n % 3 == 0:
                assert control(tusk, "compile", file) is True
                assert control(tusk, "cached", file) is True
            crowd.check()
    assert tusk.metrics().value(RESTARTS) == 0


def test_changed_files_under_load(start_tusk, make_site):
    """With revalidate_freq=0, the next request after a deployment runs the new edition on any
    worker; other scripts are not affected."""
    site = make_site(scripts=20)
    tusk = start_tusk(site.root, "--workers", 4, *directives(revalidate_freq=0))
    changing = 3

    def ask(connection, client, sequence):
        n = (client * 7 + sequence) % site.scripts
        site.check(connection, n if n != changing else 0, f"{client}-{sequence}")

    with Crowd(tusk.port, ask) as crowd:
        for edition in range(1, 40):
            site.write(changing, edition)
            for _ in range(6):
                text = tusk.get(f"/s{changing}.php?v=a").text
                assert text == site.expected(changing, "a", edition)
            crowd.check()


@pytest.mark.parametrize("setting", [{"validate_timestamps": 0}, {"revalidate_freq": 3600}])
def test_without_timestamps_a_change_needs_a_reset(start_tusk, make_site, setting):
    """With validate_timestamps=0, or an hour between two checks, a new edition runs after
    opcache_reset() or opcache_invalidate(), and not before."""
    site = make_site(scripts=2)
    tusk = start_tusk(site.root, "--workers", 2, *PATIENT, *directives(**setting))

    def editions() -> set:
        return {tusk.get("/s1.php?v=a").text.partition("|")[0] for _ in range(10)}

    assert editions() == {"edition 0"}
    site.write(1, edition=1)
    assert editions() == {"edition 0"}
    assert control(tusk, "reset") is True
    assert editions() == {"edition 1"}
    site.write(1, edition=2)
    assert control(tusk, "invalidate", "s1.php") is True
    assert editions() == {"edition 2"}


def test_opcache_get_status(start_tusk, make_site):
    """It counts what really happened: scripts, hits, memory, a reset."""
    site = make_site(scripts=10)
    tusk = start_tusk(site.root, "--workers", 3, *PATIENT)
    for n in range(30):
        site.check(tusk.raw(), n % 10, "a")
    status = control(tusk, "status")
    assert status["opcache_enabled"] is True and status["cache_full"] is False
    assert status["restart_pending"] is status["restart_in_progress"] is False
    scripts = {str(site.root / f"{d}{n}.php") for n in range(10) for d in ("s", "lib/")}
    assert set(status["scripts"]) == scripts | {str(site.root / "control.php")}
    statistics = status["opcache_statistics"]
    assert statistics["num_cached_scripts"] == 21 and statistics["misses"] == 21
    assert statistics["hits"] == 40 and statistics["last_restart_time"] == 0
    assert {status["scripts"][str(site.root / f"s{n}.php")]["hits"] for n in range(10)} == {2}
    memory = status["memory_usage"]
    assert memory["used_memory"] + memory["free_memory"] + memory["wasted_memory"] == 128 << 20

    assert control(tusk, "reset") is True
    after = control(tusk, "status")
    assert after["opcache_statistics"]["manual_restarts"] == 1
    assert after["opcache_statistics"]["last_restart_time"] > 0
    assert set(after["scripts"]) == {str(site.root / "control.php")}
    assert after["memory_usage"]["used_memory"] < memory["used_memory"]
    assert tusk.metrics().value(RESTARTS) == 1


def test_requests_wait_for_a_restart(start_tusk, make_site, tmp_path):
    """While a script runs, a reset is pending and another request arrives: it is held, and runs
    after the restart from the cache. The running script ends normally."""
    tusk = start_tusk(make_site().root, "--workers", 3, *PATIENT)
    running, gate = tusk.hold_worker(tmp_path)
    assert control(tusk, "reset") is True
    held = tusk.raw().request("GET", "/control.php?do=status")
    tusk.wait_for_metric(2, "tusk_workers", state="busy")
    assert tusk.metrics().value(RESTARTS) == 0
    gate.touch()
    assert running.response().text == "through the gate\n"
    text = held.response().text
    assert '"opcache_enabled":true' in text and '"manual_restarts":1' in text
    metrics = tusk.metrics()
    assert metrics.value(RESTARTS) == 1 and metrics.value(PUT_OFF) == 0


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
    assert tusk.get("/deep.php?shape=gmp_pow").status_code == 500
    reset_and_wait(tusk)


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
    assert metrics.value(RESTARTS) == 0 and metrics.value(PUT_OFF) == 1
    assert metrics.value(PENDING) == 1
    tusk.wait_for_log(r"restart is put off because scripts run too long.* scripts=1")
    gate.touch()
    assert running.response().text == "first\nthrough the gate\n"
    tusk.wait_for_metric(0, "tusk_workers", state="busy")
    assert control(tusk, "status")["opcache_statistics"]["manual_restarts"] == 1
    assert tusk.metrics().value(RESTARTS) == 1
    assert tusk.metrics().value(PENDING) == 0


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
    assert metrics.value(RESTARTS) == 1 and metrics.value(PUT_OFF) == 0
    assert metrics.value("tusk_workers", state="lost") == 0


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
    assert metrics.value(RESTARTS) == 0 and metrics.value(PUT_OFF) >= 1
    held.let_go()
    tusk.wait_for_log("lost worker has finished its script")
    wait_for(
        lambda: tusk.get("/hello.php").text and tusk.metrics().value(RESTARTS) == 1, "the restart"
    )


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
    assert tusk.metrics().value(RESTARTS) == 1


def test_another_process_with_the_cache_is_waited_for(start_tusk, make_site):
    """A process that uses the same cache (a child of pcntl_fork()) locks it as PHP does. No
    restart happens before it has released the lock."""
    tusk = start_tusk(make_site().root, "--workers", 2, *IMPATIENT)
    descriptors = f"/proc/{tusk.pid}/fd"
    lock_file = next(
        f"{descriptors}/{fd}"
        for fd in os.listdir(descriptors)
        if "opcache_lock" in os.readlink(f"{descriptors}/{fd}")
    )
    with open(lock_file, "rb") as file:
        fcntl.lockf(file, fcntl.LOCK_SH, 1, 1)
        assert control(tusk, "reset") is True
        for _ in range(20):
            assert tusk.get("/hello.php").text == "Hello World!"
        metrics = tusk.metrics()
        assert metrics.value(RESTARTS) == 0 and metrics.value(PUT_OFF) >= 1
    wait_for(
        lambda: tusk.get("/hello.php").text and tusk.metrics().value(RESTARTS) == 1, "the restart"
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
    assert tusk.metrics().value(RESTARTS) == 5
    assert len(list(sessions.iterdir())) == 1


PRELOAD = """<?php
namespace Preloaded;
interface Marked {}
class Parent_ { protected static int $count = 0; const LIST = ['a' => 'preloaded', 'b' => [1, 2]]; }
class Child extends Parent_ implements Marked {
    public static function next(): int { static $calls = 0; return ++$calls + ++self::$count; }
}
function words(): string { return preg_match('/pre(\\w+)/', Child::LIST['a'], $m) ? $m[1] : ''; }
"""
USES_PRELOADED = """<?php
echo Preloaded\\words(), ' ', Preloaded\\Child::next(), Preloaded\\Child::next(),
    new class extends Preloaded\\Child {} instanceof Preloaded\\Marked ? ' marked' : '';
"""


@pytest.mark.parametrize("jit", [False, True])
def test_preloading(start_tusk, make_site, jit):
    """opcache.preload: its classes and functions exist in each request, in their initial state,
    even after resets under load."""
    site = make_site(scripts=10)
    (site.root / "preload.php").write_text(PRELOAD)
    (site.root / "uses.php").write_text(USES_PRELOADED)
    age(site.root / "uses.php")
    options = directives(preload=site.root / "preload.php")
    if os.geteuid() == 0:
        options += directives(preload_user="root")
    if jit:
        options += directives(jit="tracing", jit_buffer_size="64M", jit_hot_func=2)
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *options)

    def ask(connection, client, sequence):
        response = connection.get("/uses.php")
        assert (response.status, response.text) == (200, "loaded 24 marked")
        site.check(connection, (client + sequence) % site.scripts, "a")

    with Crowd(tusk.port, ask) as crowd:
        for _ in range(30):
            wait_for(lambda: crowd.check() and control(tusk, "reset"), "a reset to be accepted")
    assert tusk.get("/uses.php").text == "loaded 24 marked"
    preloaded = control(tusk, "status")["preload_statistics"]
    assert set(preloaded["classes"]) == {f"Preloaded\\{c}" for c in ("Marked", "Parent_", "Child")}
    assert tusk.metrics().value(RESTARTS) == 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can preload as another user")
@pytest.mark.skipif(sanitizer() != "", reason="another user may not read the suppressions")
def test_preloading_as_another_user(start_tusk, make_site):
    """opcache.preload_user: PHP preloads in a process of that user; the server gets the result
    and exits cleanly."""
    site = make_site(scripts=1)
    (site.root / "uses.php").write_text(USES_PRELOADED)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)  # not pytest's directories, which only their owner may read
        preload = Path(directory) / "preload.php"
        preload.write_text(PRELOAD)
        tusk = start_tusk(site.root, *directives(preload=preload, preload_user="nobody"))
        for _ in range(3):
            assert tusk.get("/uses.php").text == "loaded 24 marked"
        tusk.stop()


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
        assert tusk.metrics().value(RESTARTS) == 0
        assert "not safe" not in tusk.log()


def test_protected_memory_is_refused():
    """opcache.protect_memory=1 would make memory read-only for other threads that write to it,
    and cause a crash sooner or later. tusk prints one clear line instead."""
    done = run_tusk(
        *("serve", "--root", PHP_SCRIPTS, "--listen", "127.0.0.1:0", "--internal-addr", "127.0.0.1:0"),
        *directives(protect_memory=1),
    )
    assert done.returncode == 1
    assert "opcache.protect_memory does not work with threads" in done.stderr
    check = run_tusk("check", "--root", PHP_SCRIPTS, *directives(protect_memory=1))
    assert check.returncode == 1 and "protect_memory" in check.stderr
    assert check.stdout == "", "tusk check must not say ok if PHP does not start"


def test_a_reset_after_a_posted_form(start_tusk, make_site):
    """The request in which OPcache restarts does not free memory of the worker's previous
    request a second time."""
    tusk = start_tusk(make_site().root, "--workers", 1, *PATIENT)
    for n in range(1, 31):
        assert tusk.post("/hello.php", data={"a": "b"}, auth=("user", "pw")).status_code == 200
        assert control(tusk, "reset")
        assert tusk.post("/hello.php", data={"a": "b"}).text == "Hello World!"
        assert tusk.metrics().value(RESTARTS) == n
