"""Whether a profile tells the truth, and what it costs. `make drill-profile` runs this; it measures, so
the machine should do nothing else.

TUSK_PROFILE_SECONDS (10) is the length of each profile."""

import json
import os
import re
import statistics
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from applications import packages
from harness.profiles import read_folded, share
from harness.server import PHP_SCRIPTS, TUSK, environment
from harness.wait import wait_for

SECONDS = float(os.environ.get("TUSK_PROFILE_SECONDS", "10"))
POINTS = 0.03  # how far a share may be from the truth
PAIRS = 16  # of runs with and without a profile
REQUESTS = 60  # in each of them


@contextmanager
def load(server, path: str, clients: int):
    """Clients that ask again and again. Yields their answers."""
    done, answers = threading.Event(), []

    def ask():
        with httpx.Client(base_url=server.url, timeout=120, trust_env=False) as client:
            while not done.is_set():
                answers.append(client.get(path).text)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()


def folded(server, clock: str, *arguments, seconds: float = SECONDS):
    done = subprocess.run(
        [TUSK, "profile", "--control-socket", server.control_socket, "--seconds", str(seconds),
         "--format", "folded", "--clock", clock, *arguments],
        env=environment(), capture_output=True, text=True, timeout=seconds + 60)
    assert done.returncode == 0, done.stderr
    print(done.stderr.splitlines()[-1])
    return read_folded(done.stdout)


def test_known_shares(start_tusk):
    """70 % of the work in f() and 30 % in g(), half of it waiting. The script measures its own
    wall-clock shares, which the machine changes; CPU time goes by the number of rounds."""
    server = start_tusk(PHP_SCRIPTS, "--workers", 2, "--processes", 2, supervised=True)
    with load(server, "/profile.php?rounds=1000000", 1) as answers:
        wall = folded(server, "wall")
        cpu = folded(server, "cpu")
    truth = [json.loads(answer) for answer in answers]
    f, g = (sum(each[name] for each in truth) for name in "fg")
    wanted = f / (f + g)
    print(f"wall: f is {share(wall, 'f'):.3f} of {wanted:.3f}, waiting is {share(wall, 'usleep'):.3f}")
    print(f"CPU: f is {share(cpu, 'f'):.3f} of 0.700")
    assert abs(share(wall, "f") - wanted) < POINTS and abs(share(wall, "g") - 1 + wanted) < POINTS
    assert abs(share(wall, "usleep") - 0.5) < POINTS
    assert abs(share(cpu, "f") - 0.7) < POINTS and abs(share(cpu, "g") - 0.3) < POINTS
    assert share(cpu, "usleep") < POINTS


def cpu_seconds(pid: int) -> Counter:
    """By the threads' names, without numbers."""
    seconds = Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip().rstrip("-0123456789")
        seconds[name] += int((task / "schedstat").read_text().split()[0]) / 1e9
    return seconds


def test_overhead(start_tusk, tmp_path):
    """CPU time of the same requests with and without a profile, in turns."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "compute.php").write_text(COMPUTE)
    server = start_tusk(root, "--workers", 1, supervised=True)
    [pid] = server.server_pids()
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        def run() -> Counter:
            before = cpu_seconds(pid)
            for _ in range(REQUESTS):
                assert client.get("/compute.php").status_code == 200
            return cpu_seconds(pid) - before

        run()
        alone, profiled = [], []
        for _ in range(PAIRS):
            alone.append(run())
            sampler = subprocess.Popen(
                [TUSK, "profile", "--control-socket", server.control_socket, "--seconds", "3600",
                 "--format", "folded"], env=environment(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            wait_for(lambda: "tusk-profiler" in threads_of(pid), "the profile to begin")
            profiled.append(run())
            sampler.terminate()
            assert sampler.wait(60) == 0
            wait_for(lambda: "tusk-profiler" not in threads_of(pid), "the profile to end")
    ratios = [after["tusk-worker"] / before["tusk-worker"]
              for before, after in zip(alone, profiled)]
    workers = statistics.median(ratios) - 1
    spread = statistics.stdev(ratios) / len(ratios) ** 0.5
    sampler = [used["tusk-profiler"] / used["tusk-worker"] for used in profiled]
    request = statistics.median(used["tusk-worker"] for used in alone) / REQUESTS
    print(f"requests of {request * 1e3:.2f} ms CPU time: {workers:+.2%}, give or take {spread:.2%}; the "
          f"profiler's thread {statistics.median(sampler):.2%} of that time")
    assert workers < 0.01 + 2 * spread
    assert statistics.median(sampler) < 0.015


def threads_of(pid: int) -> set:
    return {(task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()}


COMPUTE = """<?php
function node(int $depth): array {
    return $depth === 0 ? [] : ['l' => node($depth - 1), 'r' => node($depth - 1), 's' => md5((string) $depth)];
}
function count_nodes(array $node): int {
    $n = 1;
    foreach ($node as $child) if (is_array($child)) $n += count_nodes($child);
    return $n;
}
for ($i = 0; $i < 12; $i++) $n = count_nodes(node(11));
echo $n, strlen(serialize(range(1, 20000)));
"""


def test_wordpress(start_tusk, tmp_path):
    """A page of WordPress: its own shares, measured by itself."""
    pytest.importorskip("applications.wordpress_test")
    from applications.mariadb import MariaDB
    from applications.wordpress_test import assemble

    database = MariaDB(["wordpress"])
    try:
        root = assemble(tmp_path / "site", database)
        (root / "wp-content/mu-plugins").mkdir(parents=True, exist_ok=True)
        (root / "wp-content/mu-plugins/shares.php").write_text(SHARES)
        server = start_tusk(root, "--workers", 2, "--preset", "wordpress", supervised=True)
        with httpx.Client(base_url=server.url, timeout=120, trust_env=False) as client:
            done = client.post("/wp-admin/install.php?step=2", data={
                "weblog_title": "Profile", "user_name": "grace", "admin_password": "Nanosecond-11.8",
                "admin_password2": "Nanosecond-11.8", "pw_weak": "1", "language": "",
                "admin_email": "grace@example.org"})
            assert "WordPress has been installed" in done.text, done.text[:2000]
            assert "tusk_share_f" in client.get("/").text
        with load(server, "/", 1) as answers:
            wall = folded(server, "wall", "--path", "/")
            subprocess.run([TUSK, "profile", "--control-socket", server.control_socket, "--seconds",
                            "3", "-o", tmp_path / "wordpress.html"], env=environment(), check=True)
    finally:
        database.stop()
    print(f"{len(wall)} stacks; the flame graph: {tmp_path}/wordpress.html")
    for function in ("tusk_share_f", "tusk_share_g"):
        pairs = [re.search(rf"{function}=([0-9.]+) of ([0-9.]+)", answer) for answer in answers]
        pairs = [(float(found[1]), float(found[2])) for found in pairs if found]
        wanted = sum(part for part, _ in pairs) / sum(whole for _, whole in pairs)
        print(f"{function}: {share(wall, function):.3f} of {wanted:.3f}")
        assert abs(share(wall, function) - wanted) < POINTS
    assert share(wall, f"{{main}} {root}/index.php") > 0.9


# Work in the middle of the page; its share of the page's time is written at the page's end.
SHARES = """<?php
function tusk_compute(float $ms): void { for ($n = 0, $i = 0; $i < $ms * 20000; $i++) $n ^= $i; }
function tusk_share_f(): void { tusk_compute(7); usleep(7000); }
function tusk_share_g(): void { tusk_compute(3); usleep(3000); }
$tusk_shares = [];
add_action('wp_footer', function () {
    foreach (['tusk_share_f', 'tusk_share_g'] as $function) {
        $began = hrtime(true);
        $function();
        $GLOBALS['tusk_shares'][$function] = hrtime(true) - $began;
    }
});
register_shutdown_function(function () {
    $whole = microtime(true) - $_SERVER['REQUEST_TIME_FLOAT'];
    foreach ($GLOBALS['tusk_shares'] as $function => $ns) {
        printf("<!-- %s=%.6f of %.6f -->", $function, $ns / 1e9, $whole);
    }
});
"""
