"""Worker processes that are looked at from the server: where their scripts are, and that no script
notices."""

import json
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness.profiles import read_folded, share
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for
from harness.worker_processes import HOST

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

PROCESSES = ("--engine", "processes")

# Waits in many ways for `seconds`, and says of each whether it has come back too early, and how often
# it has waited.
WAITS = """<?php
$until = hrtime(true) + 1e9 * $_GET['seconds'];
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$quiet = stream_socket_server('tcp://127.0.0.1:0');
$url = 'http://' . stream_socket_get_name($quiet, false) . '/';
$ways = [
  'sleep' => fn () => [sleep(1) === 0, 1e9],
  'usleep' => fn () => [usleep(50_000) ?? true, 50e6],
  'nanosleep' => fn () => [time_nanosleep(0, 50_000_000) === true, 50e6],
  'select' => function () use ($pair) {
    $read = [$pair[0]]; $write = $except = null;
    return [stream_select($read, $write, $except, 0, 50_000) === 0, 50e6]; },
  'read' => function () use ($pair) {
    stream_set_timeout($pair[0], 0, 50_000); fread($pair[0], 1);
    return [stream_get_meta_data($pair[0])['timed_out'], 50e6]; },
  'curl' => function () use ($url) {
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_TIMEOUT_MS => 50, CURLOPT_RETURNTRANSFER => true]);
    curl_exec($curl);
    return [curl_errno($curl) === CURLE_OPERATION_TIMEDOUT, 49e6]; },
  'process' => fn () => [shell_exec('sleep 0.05; echo on') === "on\\n", 50e6],
];
$early = $count = [];
while (hrtime(true) < $until) {
  foreach ($ways as $name => $wait) {
    $began = hrtime(true);
    [$is_right, $least] = $wait();
    if (!$is_right || hrtime(true) - $began < $least) $early[] = $name;
    $count[$name] = ($count[$name] ?? 0) + 1;
  }
}
echo json_encode(['early' => $early, 'count' => $count]);
"""

# Says what it should say only if every request finds what the boot has left.
COUNTS = """<?php
class Kept { public static array $names = []; public static int $n = 0; }
$sums = range(1, 2000);
$count = 0;
function recur(int $depth): int { return $depth === 0 ? 1 : 1 + recur($depth - 1); }
$handler = function () use (&$count, &$sums) {
  $count++;
  Kept::$n++;
  for ($i = 0; $i < 3000; $i++) Kept::$names[] = "name $i";
  foreach ($sums as &$sum) $sum = crc32("$sum " . recur(20));
  $GLOBALS['more' . count($GLOBALS)] = str_repeat('x', 50000);
  echo json_encode([$count, Kept::$n, count(Kept::$names), array_sum($sums), count($GLOBALS),
    memory_get_usage(), getmypid()]);
};
while (tusk_handle_request($handler));
"""


def backtraces(server) -> list:
    answer = server.admin("/backtraces")
    assert answer.status_code == 200
    return answer.json()["workers"]


class Lookers:
    """Take profiles and backtraces, all the time, until they are told to stop."""

    def __init__(self, server):
        self._server, self._stop = server, threading.Event()
        self.profiles, self.traces = [], []
        self._threads = [threading.Thread(target=self._profile), threading.Thread(target=self._trace)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _profile(self):
        while not self._stop.is_set():
            answer = self._server.admin("/profile?seconds=1&format=folded")
            self.profiles.append(read_folded(answer.text))

    def _trace(self):
        while not self._stop.is_set():
            self.traces += [worker["backtrace"] for worker in backtraces(self._server)]


def test_no_wait_ends_early(start_tusk, make_root):
    """sleep(), poll() in libraries, reads with a time-out and waits for programs, while they are
    profiled and looked at hundreds of times."""
    server = start_tusk(make_root({"waits.php": WAITS}), *PROCESSES, "--workers", 2,
                        "--slow-request", "100ms")
    calls = {"sleep", "usleep", "time_nanosleep", "stream_select", "fread", "curl_exec", "shell_exec"}
    calls = {f"[internal] {call}()" for call in calls}
    with Lookers(server) as lookers, ThreadPoolExecutor(2) as threads:

        def many_were_seen():
            """On a busy machine a few seconds show few of them."""
            ask = [threads.submit(httpx.get, f"{server.url}/waits.php?seconds=6", timeout=60,
                                  trust_env=False) for _ in range(2)]
            for answer in [each.result().json() for each in ask]:
                assert answer["early"] == []
                assert min(answer["count"].values()) >= 1 and len(answer["count"]) == 7
            seen = {frame.partition(" ")[2] for trace in [*lookers.traces] for frame in trace[:1]} & calls
            return "[internal] sleep()" in seen and len(seen) >= 3

        wait_for(many_were_seen, "backtraces of three ways to wait")
    profile = sum(lookers.profiles, start=type(lookers.profiles[0])())
    assert share(profile, "sleep") > 0.2


def test_a_rewound_worker_is_put_back_although_it_is_looked_at(start_tusk, make_root):
    """The server writes one byte into its memory. Every request still finds the boot, and the worker
    is not replaced."""
    if sanitizer():
        pytest.skip("a sanitizer has the memory of the program")
    root = make_root({"app.php": COUNTS})
    server = start_tusk(root, *PROCESSES, "--workers", 1, "--resident", root / "app.php",
                        "--resident-mode", "rewind", "--resident-workers", 1,
                        "--slow-request", "1ms")
    server.wait_until_started()
    first = server.client.get("/app.php").json()
    with Lookers(server) as lookers:
        # The memory that PHP's allocator has differs a little from the first request on.
        for _ in range(20):
            answer = server.client.get("/app.php").json()
        wait_for(lambda: server.client.get("/app.php").json() == answer
                 and len(lookers.profiles) >= 3, "profiles, and no other answer")
        answers = [server.client.get("/app.php").json() for _ in range(300)]
    assert all(again == answer for again in answers)
    assert answer[:5] == first[:5] and answer[6] == first[6]
    profile = sum(lookers.profiles, start=type(lookers.profiles[0])())
    assert share(profile, "recur") > 0.05
    assert server.metrics().value("tusk_worker_restarts_total") == 0


def test_a_script_that_is_killed_is_logged_with_its_place(start_tusk, make_root):
    """It is inside a C function that PHP cannot interrupt: 504, and the log says where."""
    root = make_root({"long.php": "<?php function stays() {\n"
                                  " hash_pbkdf2('sha256', 'a', 'b', 2000000000); }\nstays();"})
    server = start_tusk(root, *PROCESSES, "--workers", 1, "--request-timeout", "500ms",
                        "--log-format", "json")
    assert server.get("/long.php").status_code == 504
    [line] = wait_for(lambda: lines(server, "a worker process has ended, and its request with it"),
                      "the worker's end to be logged")
    assert line["backtrace"].splitlines() == [
        "#0 [internal] hash_pbkdf2()", f"#1 {root}/long.php:2 stays()", f"#2 {root}/long.php:3 {{main}}"]


def lines(server, message: str) -> list:
    found = [json.loads(line) for line in server.log().splitlines() if line[:1] == "{"]
    return [line for line in found if line["message"] == message]


def test_a_slow_boot_is_logged_while_it_runs(start_tusk, make_root):
    root = make_root({"app.php": "<?php usleep(1500000);\n"
                                 "while (tusk_handle_request(function () { echo 'on'; }));"})
    server = start_tusk(root, *PROCESSES, "--resident", root / "app.php", "--resident-workers", 1,
                        "--workers", 1, "--slow-request", "200ms", "--log-format", "json")
    assert server.get("/app.php").text == "on"
    [running] = lines(server, "slow boot is running")
    assert running["script"] == f"{root}/app.php"
    assert running["backtrace"] == f"#0 [internal] usleep()\n#1 {root}/app.php:1 {{main}}"
    assert running["waits_in"] == "clock_nanosleep" and running["memory_bytes"] > 0


def test_a_child_of_a_script_answers_nothing(start_tusk, make_root):
    """It has the region in its memory, too."""
    if "pcntl" not in extensions(start_tusk, make_root):
        pytest.skip("no pcntl")
    root = make_root({"fork.php": "<?php function child() { while (true); }\n"
                                  "function parent_waits($pid) { return pcntl_waitpid($pid, $s); }\n"
                                  "$pid = pcntl_fork(); if ($pid === 0) { set_time_limit(2);"
                                  " child(); }\nparent_waits($pid); echo 'over';"})
    server = start_tusk(root, *PROCESSES, "--workers", 1)
    with Lookers(server) as lookers:
        assert server.get("/fork.php").text == "over"
    assert lookers.traces and not re.search(r"child\(\)", str(lookers.traces))


def extensions(start_tusk, make_root) -> str:
    server = start_tusk(make_root({"m.php": "<?php echo implode(' ', get_loaded_extensions());"}),
                        *PROCESSES, "--workers", 1)
    return server.get("/m.php").text


def test_a_profile_has_the_shares_of_a_known_script(start_tusk):
    """70 % of the work in f() and 30 % in g(), half of it waiting."""
    server = start_tusk(PHP_SCRIPTS, *PROCESSES, "--workers", 2)
    done, answers = threading.Event(), []

    def ask():
        while not done.is_set():
            answers.append(server.new_client().get("/profile.php?rounds=300000").json())

    def profile(clock: str, least_us: int) -> Counter:
        """On a busy machine few samples are taken in five seconds, and few say little."""
        seen = Counter()

        def is_enough():
            seen.update(read_folded(server.admin(f"/profile?seconds=5&format=folded{clock}").text))
            return seen.total() >= least_us

        wait_for(is_enough, "enough samples")
        return seen

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        wall, cpu = profile("", 2_000_000), profile("&clock=cpu", 300_000)
    finally:
        done.set()
        thread.join()
    f, g = (sum(each[name] for each in answers) for name in "fg")
    wanted = f / (f + g)
    # tests/drills/profile_drill.py has less room: this one is short, on a machine that does more.
    assert abs(share(wall, "f") - wanted) < 0.12 and abs(share(wall, "g") - 1 + wanted) < 0.12
    assert abs(share(cpu, "f") - 0.7) < 0.25 and share(cpu, "usleep") < 0.2
    assert share(wall, "[waits in clock_nanosleep]") > 0.3
