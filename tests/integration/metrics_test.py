"""Metrics of PHP and of the caches: they say what PHP itself says, and every request counts once."""

import os
import signal

from harness.opcache import directives
from harness.scraper import counters
from harness.server import needs_cached_scripts
from harness.wait import wait_for

OPCACHE = """<?php
header('Content-Type: application/json');
if (isset($_GET['reset'])) { opcache_reset(); }
if (isset($_GET['invalidate'])) { opcache_invalidate(__DIR__ . '/extra.php', true); include 'extra.php'; }
$status = opcache_get_status(false);
echo json_encode($status + ['paths' => [realpath_cache_size(), count(realpath_cache_get())]]);
"""

SITE = {
    "opcache.php": OPCACHE,
    "extra.php": "<?php class Extra { const TEXT = '" + "x" * 5000 + "'; }",
    "hello.php": "<?php echo 'hello';",
    # Some 0.1 s of CPU time.
    "compute.php": "<?php for ($i = 0; $i < 20_000_000; $i++) { }",
    "sleep.php": "<?php usleep(300000);",
    "memory.php": "<?php $text = str_repeat('x', 50 << 20); echo strlen($text);",
    "small.txt": "a small file",
}


def histogram(metrics, name: str) -> tuple:
    """Returns what was counted: how often, and the sum."""
    return metrics.value(name + "_count"), metrics.value(name + "_sum")


def grown(before, after, name: str) -> tuple:
    return tuple(b - a for a, b in zip(histogram(before, name), histogram(after, name), strict=True))


def assert_shows_opcache(metrics, status: dict) -> None:
    """/metrics has the figures of opcache_get_status(), of the same moment."""
    memory, strings = status["memory_usage"], status["interned_strings_usage"]
    for state in ("used", "free", "wasted"):
        assert metrics.value("tusk_opcache_memory_bytes", state=state) == memory[f"{state}_memory"], state
    for state in ("used", "free"):
        shown = metrics.value("tusk_opcache_interned_strings_bytes", state=state)
        assert shown == strings[f"{state}_memory"], state
    statistics, jit = status["opcache_statistics"], status["jit"]
    assert metrics.value("tusk_opcache_scripts") == statistics["num_cached_scripts"]
    assert metrics.value("tusk_opcache_keys") == statistics["num_cached_keys"]
    assert metrics.value("tusk_opcache_max_keys") == statistics["max_cached_keys"]
    assert metrics.value("tusk_jit_buffer_bytes", state="free") == jit["buffer_free"]
    assert metrics.total("tusk_jit_buffer_bytes") == jit["buffer_size"]
    for name, label in (("oom", "memory"), ("hash", "keys"), ("manual", "reset")):
        shown = metrics.value("tusk_opcache_restarts_total", reason=label)
        assert shown == statistics[f"{name}_restarts"], name


@needs_cached_scripts
def test_opcache_and_paths_are_shown_as_php_has_them(start_tusk, make_root):
    """With a JIT compiler and wasted memory; counters go on over a restart, by its reason."""
    tusk = start_tusk(
        make_root(SITE),
        *("--workers", 1, "-d", "realpath_cache_ttl=3600"),
        *directives(jit="tracing", jit_buffer_size="8M", validate_timestamps=0, file_update_protection=0),
    )

    def ask(query: str = "") -> tuple:
        status = tusk.get(f"/opcache.php{query}").json()
        return status, tusk.metrics()

    ask("?invalidate=1")
    status, metrics = ask("?invalidate=1")
    assert status["memory_usage"]["wasted_memory"] > 0 and status["jit"]["buffer_size"] > 0
    assert_shows_opcache(metrics, status)
    statistics = status["opcache_statistics"]
    assert metrics.value("tusk_opcache_hits_total") == statistics["hits"] > 0
    assert metrics.value("tusk_opcache_misses_total") == statistics["misses"] >= 3
    size, entries = status["paths"]
    assert size > 0 and entries > 0
    assert metrics.value("tusk_realpath_cache_bytes") == size
    assert metrics.value("tusk_realpath_cache_entries") == entries
    assert metrics.value("tusk_realpath_cache_max_bytes") == 4 << 20

    ask("?reset=1")
    before = metrics
    status, metrics = ask()  # the restart
    assert status["opcache_statistics"]["manual_restarts"] == 1
    assert status["memory_usage"]["wasted_memory"] == 0
    assert_shows_opcache(metrics, status)
    # PHP has begun at zero, tusk has not.
    hits = before.value("tusk_opcache_hits_total") + 1 + status["opcache_statistics"]["hits"]
    assert metrics.value("tusk_opcache_hits_total") == hits  # with the request that resets
    misses = before.value("tusk_opcache_misses_total") + status["opcache_statistics"]["misses"]
    assert metrics.value("tusk_opcache_misses_total") == misses


def test_opcache_that_is_off_has_no_figures(start_tusk, make_root):
    tusk = start_tusk(make_root(SITE), "--workers", 1, *directives(enable=0))
    assert tusk.get("/hello.php").text == "hello"
    metrics = tusk.metrics()
    assert metrics.total("tusk_opcache_memory_bytes") == metrics.value("tusk_opcache_max_keys") == 0
    assert metrics.total("tusk_jit_buffer_bytes") == metrics.value("tusk_opcache_hits_total") == 0


def test_each_request_counts_its_time_cpu_and_memory(start_tusk, make_root):
    """A script that computes uses CPU time, one that sleeps does not."""
    tusk = start_tusk(make_root(SITE), "--workers", 1, "--file-cache-validity", "1h")
    names = ("tusk_php_duration_seconds", "tusk_php_cpu_seconds", "tusk_php_memory_peak_bytes")

    def cost_of(path: str) -> list:
        before = tusk.metrics()
        assert tusk.get(path).status_code == 200
        # The client may have the answer before the worker has counted it.
        counted = histogram(before, names[1])[0] + 1
        tusk.wait_for_metric(counted, names[1] + "_count")
        after = tusk.metrics()
        costs = [grown(before, after, name) for name in names]
        assert [count for count, _ in costs] == [1, 1, 1]
        return [total for _, total in costs]

    for _ in range(5):
        duration, cpu, memory = cost_of("/hello.php")
        assert 0 < duration and 0 < cpu and memory == 2 << 20
    duration, cpu, _ = cost_of("/compute.php")
    assert duration >= cpu * 0.99 and cpu > 0.02
    duration, cpu, _ = cost_of("/sleep.php")
    assert duration >= 0.3 and cpu < 0.02
    _, _, memory = cost_of("/memory.php")
    assert 50 << 20 <= memory <= 60 << 20
    metrics = tusk.metrics()
    assert metrics.value("tusk_php_memory_peak_bytes_bucket", le="33554432") == 7
    assert metrics.value("tusk_php_memory_peak_bytes_bucket", le="67108864") == 8

    assert tusk.get("/small.txt").text == tusk.get("/small.txt").text == SITE["small.txt"]
    after = tusk.metrics()
    assert after.value("tusk_file_cache_hits_total") == metrics.value("tusk_file_cache_hits_total") + 1
    assert after.value("tusk_file_cache_misses_total") == metrics.value("tusk_file_cache_misses_total") + 1
    assert after.value("tusk_file_cache_entries") == 5
    assert after.value("tusk_file_cache_bytes") > 5 * 1024 and after.value("tusk_file_cache_descriptors") == 0


@needs_cached_scripts
def test_counters_go_on_after_a_reload_and_a_crash(start_tusk, make_root):
    """Figures of the process that serves now replace those of the one before."""
    tusk = start_tusk(
        make_root(SITE), "--workers", 1, "--file-cache-validity", "1h", "-d", "opcache.file_update_protection=0",
        supervised=True,
    )

    def requests() -> None:
        for path in ("/hello.php", "/hello.php", "/opcache.php", "/small.txt"):
            assert tusk.get(path).status_code == 200

    def assert_went_on(before):
        wait_for(tusk.is_ready, "the successor to be ready")
        after = tusk.metrics()
        fallen = [key for key, value in counters(before).items() if counters(after).get(key, -1) < value]
        assert fallen == []
        assert after.value("tusk_opcache_scripts") == after.value("tusk_realpath_cache_bytes") == 0
        requests()
        status = tusk.get("/opcache.php").json()
        assert_shows_opcache(tusk.metrics(), status)
        for name in ("hits_total", "misses_total"):
            assert tusk.metrics().value(f"tusk_opcache_{name}") > before.value(f"tusk_opcache_{name}") > 0
        assert grown(before, tusk.metrics(), "tusk_php_duration_seconds")[0] == 4
        assert tusk.metrics().value("tusk_file_cache_hits_total") > before.value("tusk_file_cache_hits_total") > 0

    requests()
    [server] = tusk.server_pids()
    before = tusk.metrics()
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("a generation has drained")
    assert_went_on(before)
    [server] = tusk.server_pids()
    before = tusk.metrics()
    os.kill(server, signal.SIGKILL)
    wait_for(lambda: tusk.server_pids() not in ([], [server]), "a successor")
    assert_went_on(before)
