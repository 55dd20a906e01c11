"""The metrics of PHP's realpath cache. Its entries are counted only when its size has moved, and in a large cache
only when it has moved much: whatever scripts do in between, the figures are PHP's own."""

import pytest

from harness.engine import ENGINES, is_thread_safe, needs_host
from harness.wait import wait_for

PATHS = """<?php
if (isset($_GET['clear'])) clearstatcache(true);
for ($n = (int) ($_GET['from'] ?? 0); $n < (int) ($_GET['to'] ?? 0); $n++) realpath(__DIR__ . "/many/$n");
if (isset($_GET['clear_at_end'])) clearstatcache(true);
echo json_encode([realpath_cache_size(), count(realpath_cache_get())]);
"""
RESIDENT = """<?php
realpath(__DIR__ . '/many/boot');
while (tusk_handle_request(function () {
    if (isset($_GET['path'])) realpath(__DIR__ . '/many/' . $_GET['path']);
    echo json_encode([realpath_cache_size(), count(realpath_cache_get())]);
}));
"""
FILES = 1200


def test_the_figures_follow_the_cache(start_tusk, make_root):
    root = make_root({"paths.php": PATHS, "hello.php": "<?php echo 'hello';", "many/": None})
    for n in range(FILES):
        (root / f"many/{n}").touch()
    # After a script a thread-safe PHP goes back to the working directory, whose path then is in the cache, too.
    least = 1 if is_thread_safe() else 0
    server = start_tusk(root, "--workers", 1, "-d", "realpath_cache_ttl=3600", cwd=root)

    def run(query: str) -> tuple:
        """Size and entries, as PHP has them at the end of the script."""
        return tuple(server.get(f"/paths.php?{query}").json())

    def shown() -> tuple:
        metrics = server.metrics()
        return metrics.value("tusk_realpath_cache_bytes"), metrics.value("tusk_realpath_cache_entries")

    def wait_for_figures(wanted) -> None:
        """The client may have the answer before the worker has counted."""
        wait_for(lambda: wanted(*shown()), "the figures")

    def check(query: str, exactness: float = 0) -> tuple:
        size, entries = run(query)
        wait_for_figures(lambda s, e: s == size and abs(e - entries) <= exactness * entries)
        return size, entries

    small = check("to=3")
    for to in range(4, 8):
        assert check(f"to={to}")[1] == small[1] + to - 3
    assert server.get("/hello.php").text == "hello"
    assert check("to=1000")[1] > 1000, "so many that they are not counted each time"
    # Between counts they are estimated: the size has moved by a 32nd part at most.
    for to in (1001, 1010, 1020, 1030, 1060, 1100, FILES):
        large = check(f"to={to}", 1 / 32)
    before = shown()
    for _ in range(3):
        assert server.get("/hello.php").text == "hello"
        assert (run(f"to={FILES}"), shown()) == (large, before), "nothing moves"

    # The cache is emptied, and has other paths at the end of the same request.
    for query in ("clear=1&to=5", "to=700", "clear=1&from=700&to=705", f"to={FILES}"):
        check(query)
    assert run("clear_at_end=1") == (0, 0)
    wait_for_figures(lambda size, entries: least <= size < small[0] and least <= entries < small[1])
    assert server.metrics().value("tusk_realpath_cache_max_bytes") == 4 << 20


@needs_host
def test_a_rewound_script_has_the_paths_of_its_boot(start_tusk, make_root):
    """What a request adds goes with it."""
    root = make_root({"app.php": RESIDENT, "many/": None})
    for name in ("boot", "a"):
        (root / "many" / name).touch()
    server = start_tusk(root, "--engine", "processes", "--workers", 1, "--resident", root / "app.php",
                        "--resident-workers", 1, "--resident-mode", "rewind", cwd=root)
    size, entries = server.get("/app.php").json()
    more, _ = server.get("/app.php?path=a").json()
    assert more > size
    wait_for(lambda: server.metrics().value("tusk_realpath_cache_bytes") > 0, "the figures")
    # A request itself may need a path more than the boot.
    assert server.metrics().value("tusk_realpath_cache_bytes") <= size
    assert 0 < server.metrics().value("tusk_realpath_cache_entries") <= entries


@pytest.mark.parametrize("engine", ENGINES)
def test_a_resident_script_is_seen_while_it_runs(start_tusk, make_root, engine):
    """After its boot, and after each request; of several workers the sum."""
    root = make_root({"app.php": RESIDENT, "plain.php": PATHS, "many/": None})
    for name in ("boot", "a", "b"):
        (root / "many" / name).touch()
    server = start_tusk(root, "--engine", engine, "--workers", 1, "--resident", root / "app.php",
                        "--resident-workers", 1, "-d", "realpath_cache_ttl=3600", cwd=root)

    def figure(name: str) -> float:
        return server.metrics().value(f"tusk_realpath_cache_{name}")

    def wait_for_figures(size: int, entries: int) -> None:
        wait_for(lambda: (figure("bytes"), figure("entries")) == (size, entries), "the figures")

    wait_for(lambda: figure("max_bytes") == 4 << 20, "the boot's figures")
    assert figure("bytes") > 0
    size, entries = server.get("/app.php").json()
    wait_for_figures(size, entries)
    for path, more in (("a", 1), ("b", 1), ("b", 0)):
        size, now = server.get(f"/app.php?path={path}").json()
        assert now == entries + more
        entries = now
        wait_for_figures(size, entries)
    plain = server.get("/plain.php").json()
    # PHP goes back to the working directory after a plain script, which may be a path more.
    wait_for(lambda: figure("bytes") >= size + plain[0], "the sum of both")
    assert figure("max_bytes") == 2 * (4 << 20)
    assert entries + plain[1] <= figure("entries") <= entries + plain[1] + 1
