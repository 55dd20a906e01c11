"""OPcache, whose memory all workers share: restarts while they run scripts, invalidation, changing
files, OPcache's functions, JIT."""

import re

import pytest

from harness.code_site import Crowd, age
from harness.opcache import (
    PATIENT, RESTARTS, control, crowd_of, directives, reset_under_load, restarts, tells_restarts,
)  # fmt: skip
from harness.server import PHP_SCRIPTS, needs_cached_scripts, run_tusk
from harness.wait import wait_for

pytestmark = needs_cached_scripts


def test_resets_under_load(start_tusk, make_site):
    """opcache_reset() again and again while all workers run scripts from the cache: each answer
    is right, no request is lost, and each reset takes place."""
    site = make_site()
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT)
    reset_under_load(tusk, site, resets=60)  # `make soak` does it for longer
    if tells_restarts():
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
    """Like test_resets_under_load, with machine code that is freed too."""
    site = make_site()
    jit = directives(jit="tracing", jit_buffer_size="64M", jit_hot_func=2, jit_hot_loop=2)
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *jit)
    state = control(tusk, "status")["jit"]
    assert state["enabled"] and state["on"] and state["buffer_free"] > 0
    reset_under_load(tusk, site, resets=100)


def test_resets_under_load_with_a_file_cache(start_tusk, make_site, tmp_path):
    """Like test_resets_under_load, with OPcache's second cache, in files, which it reads."""
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
        while restarts(tusk) < 3:
            crowd.check()
            for n in range(n + 1, n + 20):
                control(tusk, "invalidate", f"s{n % site.scripts}.php")
    statistics = control(tusk, "status")["opcache_statistics"]
    assert statistics["oom_restarts" if lack == "memory" else "hash_restarts"] >= 3
    assert statistics["manual_restarts"] == 0
    setting = "memory_consumption" if lack == "memory" else "max_accelerated_files"
    if tells_restarts():
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
    assert metrics.total(RESTARTS) == 0 and metrics.value("tusk_worker_restarts_total") > 0


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
    assert tusk.metrics().total(RESTARTS) == 0


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
    assert restarts(tusk) == 1
    assert not tells_restarts() or tusk.metrics().total(RESTARTS) == 1


@pytest.mark.threads("worker processes protect their own view of the memory, as PHP-FPM's do")
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
        assert restarts(tusk) == n
