"""Crashes. In threads: a contained crash costs only the request and its thread; any other ends the
process by its signal. A worker process that crashes costs only its request. In all cases the log names
the request, and the place in the code."""

import json
import re
import signal
import time

import pytest

from harness.code_site import Crowd
from harness.engine import default_engine
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for

pytestmark = pytest.mark.skipif(
    bool(sanitizer()), reason="the sanitizers have their own signal handlers"
)

CRASHES = "tusk_php_crashes_total"
CONTAINED = "a request has crashed: its thread is stopped for ever"
FATAL = "the process crashes"
# What a client gets, and what the log says of it.
STATUS, CRASHED = (500, CONTAINED) if default_engine() == "threads" else (502, "a worker process has crashed")

# Shapes of deep.php: the depth, and the cause in the log.
DEEP = {
    "objects": (4_000_000, "SIGSEGV"),
    "fiber": (4_000_000, "SIGSEGV"),
    "unserialize": (4_000_000, "SIGSEGV"),
    # Some of them fill the stack inside malloc(), which libxml2 calls at each level.
    "clone_node": (4_000_000, "SIGSEGV"),
    "transliterator": (10_000_000, "SIGSEGV"),
    "xslt": (0, "SIGSEGV"),
    # GMP ends the process by raise() since 6.3 (Debian 13).
    "gmp_pow": (0, r"(abort|raise)\(\)"),
    "gmp_fact": (0, r"abort\(\)"),
}
# libxslt gives up sooner in an older PHP.
DEEP_SINCE = pytest.mark.since_php("8.4", "XSLTProcessor::$maxTemplateDepth")
# The libxml2 of PHP 8.5 in Debian's experimental (LIBXML_VERSION): from here on clone_node does not recurse.
FLAT_LIBXML = 21500
GIVE_UP = {
    "abort": r"abort\(\)",
    "exit": r"exit\(\)",
    "_exit": r"_exit\(\)",
    "quick_exit": r"quick_exit\(\)",
    "raise": r"raise\(\)",
    "assert": "assertion",
    "null": "SIGSEGV",
    "unlocked": r"abort\(\)",
}
ENDS = {
    "wild": signal.SIGSEGV,
    "in_libc": signal.SIGSEGV,
    "locked": signal.SIGABRT,
    "double_free": signal.SIGABRT,
}


@pytest.fixture
def start(start_tusk):
    def start(*args, **options):
        return start_tusk(PHP_SCRIPTS, "-d", "ffi.enable=true", *args, **options)

    return start


def ask_hello(connection, client, sequence) -> None:
    response = connection.get(f"/hello.php?{client}={sequence}")
    assert (response.status, response.text) == (200, "Hello World!")


def check_contained(tusk, target: str, cause: str) -> None:
    """`target` crashes while other requests run: they are not affected, and it is answered."""
    with Crowd(tusk.port, ask_hello, clients=3) as crowd:
        wait_for(lambda: crowd.check() and crowd.answered() > 30, "answers")
        assert tusk.get(target).status_code == STATUS
        goal = crowd.answered() + 100
        wait_for(lambda: crowd.check() and crowd.answered() >= goal, "answers after the crash")
    path = target.partition("?")[0]
    tusk.wait_for_log(
        rf"error {CRASHED}[^\n]* cause={cause} [^\n]*request=\d+ method=GET host=127\.0\.0\.1:\d+ "
        rf"path={path} script=\S+{path} request_id=\w{{32}} ([^\n]* )?backtrace=\"?\w+"
    )
    tusk.wait_for_log(rf"error {CRASHED}[^\n]* php_backtrace=\"[^\n]*\) \S+{path}:\d+")
    if default_engine() == "threads":
        tusk.wait_for_log(r"a worker is lost: its script has crashed")
    tusk.wait_for_metric(2, "tusk_workers", state="idle")
    metrics, lost = tusk.metrics(), default_engine() == "threads"
    assert metrics.value(CRASHES) == 1 and metrics.value("tusk_workers", state="lost") == lost
    # The fixture expects an exit with status 0 after SIGTERM, in time.


@pytest.mark.parametrize(
    "shape",
    [pytest.param(shape, marks=DEEP_SINCE) if shape == "xslt" else shape for shape in DEEP],
)
def test_a_crash_costs_its_request_and_nothing_else(start, shape):
    depth, cause = DEEP[shape]
    tusk = start("--workers", 2)
    if shape == "clone_node" and int(tusk.get("/deep.php?shape=libxml").text.removeprefix("done: ")) >= FLAT_LIBXML:
        pytest.skip("this libxml2 copies a tree without recursion")
    check_contained(tusk, f"/deep.php?shape={shape}&n={depth}", cause)


@pytest.mark.parametrize("how", GIVE_UP)
def test_a_library_that_gives_up_costs_its_request(start, how):
    tusk = start("--workers", 2)
    check_contained(tusk, f"/give_up.php?do={how}", GIVE_UP[how])
    if how == "assert":
        tusk.wait_for_log(r'detail="it == \\"right\\" in check, some.c:12"')


@pytest.mark.threads("the memory of a process that has ended is gone")
def test_memory_of_the_stack_that_was_full_is_given_back(start):
    tusk = start("--workers", 1)
    assert tusk.get("/deep.php?shape=xslt").status_code == 500
    status = wait_for(lambda: open(f"/proc/{tusk.pid}/status").read(), "the status")
    assert int(re.search(r"VmRSS:\s+(\d+)", status)[1]) < 150_000


def test_space_of_unsent_output_is_given_back(start):
    """The spool file of a crashed worker, which will not release it: its client reads nothing, all
    output is on disk, and the last file has not got its full size when the script crashes."""
    tusk = start("--workers", 1, "--max-lost-workers", 4, "--lost-workers-per-client", 1000,
                 "--response-memory-total-bytes", 0, "--response-spool-bytes", 100 << 20)

    def held() -> float:
        return tusk.metrics().value("tusk_bodies_held_bytes", body="response", place="disk")

    with tusk.raw() as client:
        client.set_receive_buffer(32768)
        client.request("GET", "/deep.php?shape=gmp_fact&output=60")
        wait_for(lambda: held() > 40 << 20, "output on disk")
        tusk.wait_for_metric(1, CRASHES)
    wait_for(lambda: held() == 0, "the space to be given back once the client has gone")


@pytest.mark.threads("the memory of a process that has ended is gone")
@pytest.mark.parametrize("kind", ["one", "many"])
def test_memory_of_the_script_is_given_back(start, kind):
    """PHP's heap of the thread: one string of 100 MB, or a million of 100 bytes."""
    tusk = start("--workers", 1, "--max-lost-workers", 4, "-d", "memory_limit=300M")

    def resident() -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{tusk.pid}/status").read())[1])

    assert tusk.get("/hello.php").text == "Hello World!"
    before = resident()
    for lost in (1, 2):
        with tusk.raw() as connection:
            connection.request("GET", f"/give_up.php?do=abort&fill={kind}&begin=full")
            assert connection.head().status == 200
            assert b"full" in connection.read_to_end()
        tusk.wait_for_metric(lost, "tusk_workers", state="lost")
    assert tusk.get("/hello.php").text == "Hello World!"
    assert resident() < before + 30_000


def test_a_crash_keeps_no_lock_that_others_wait_for(start, tmp_path):
    """The visitor's session and a transaction of SQLite are unlocked; otherwise the next request
    would wait for ever."""
    tusk = start(
        *("--workers", 1, "--request-timeout", "10s", "-d", f"session.save_path={tmp_path}"),
        *("-d", "max_execution_time=0"),
    )
    what = f"session=visitor&database={tmp_path / 'db.sqlite'}"
    assert tusk.get(f"/give_up.php?do=abort&{what}").status_code == STATUS
    tusk.wait_for_metric(1, CRASHES)
    answer = tusk.get(f"/give_up.php?{what}")
    assert (answer.status_code, answer.text) == (200, "1ok")


def test_a_response_that_was_begun_is_broken_off(start):
    tusk = start("--workers", 1, "-d", "output_buffering=0")
    with tusk.raw() as connection:
        connection.request("GET", "/give_up.php?do=abort&begin=the+begin")
        assert connection.head().status == 200
        rest = connection.read_to_end()
    assert b"the begin" in rest and not rest.endswith(b"0\r\n\r\n")
    assert tusk.get("/hello.php").text == "Hello World!"


def test_the_crash_line_is_json_in_a_json_log(start):
    tusk = start("--workers", 1, "--log-format", "json", "--service-name", 'a "shop"')
    response = tusk.get("/give_up.php/a%22b%0Ac?do=abort", headers={"Host": "shop.example"})
    assert response.status_code == STATUS
    line = json.loads(tusk.wait_for_log(rf'\{{[^\n]*"message":"{CRASHED}[^\n]*')[0])
    assert line["level"] == "error" and line["service"] == 'a "shop"'
    assert line["cause"] == "abort()" and line["host"] == "shop.example"
    assert line["method"] == "GET" and line["path"] == "/give_up.php/a%22b%0Ac"
    assert line["script"].endswith("/give_up.php") and "libffi" in line["backtrace"]


@pytest.mark.processes("it ends a server process with threads")
@pytest.mark.parametrize("how", ENDS)
def test_a_crash_that_may_have_harmed_memory_costs_its_request_alone(start, how):
    tusk = start("--workers", 2)
    check_contained(tusk, f"/give_up.php?do={how}", r"\S+")


@pytest.mark.threads("in a worker process it harms no other request")
@pytest.mark.parametrize("how", ENDS)
def test_a_crash_that_may_have_harmed_others_ends_the_process(start, how):
    tusk = start("--workers", 2)
    with tusk.raw() as connection:
        connection.request("GET", f"/give_up.php?do={how}")
        assert tusk.wait_for_exit() == -ENDS[how]
    line = tusk.wait_for_log(rf"error {FATAL}[^\n]*")[0]
    assert "path=/give_up.php" in line and "request=1" in line and "libphp.so" in line


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE])
def test_a_signal_from_outside_ends_the_process(start, number):
    tusk = start("--workers", 2)
    tusk.get("/hello.php")
    tusk.signal(number)
    assert tusk.wait_for_exit() == -number
    tusk.wait_for_log(rf'error {FATAL}[^\n]*cause={number.name} detail="sent by a process"')


def test_a_process_that_a_script_forked_ends_by_its_signal(start):
    tusk = start("--workers", 1)
    assert tusk.get("/give_up.php?do=in_child").text == f"signal {int(signal.SIGABRT)}"
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().value(CRASHES) == 0 and CONTAINED not in tusk.log()


@pytest.mark.threads("a worker process that has crashed is replaced")
def test_the_process_ends_when_no_worker_is_left(start):
    """After a new start it serves again; without workers it could not."""
    tusk = start("--workers", 1, "--max-lost-workers", 1)
    assert tusk.get("/give_up.php?do=abort").status_code == 500
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.get("/give_up.php?do=abort").status_code == 500
    assert tusk.wait_for_exit() == 1
    tusk.wait_for_log("no worker is left")


@pytest.mark.threads("a process that has crashed has ended")
def test_a_thread_that_has_stopped_does_not_hold_the_exit(start):
    tusk = start("--workers", 2)
    assert tusk.get("/give_up.php?do=abort").status_code == 500
    tusk.signal(signal.SIGTERM)
    before = time.monotonic()
    assert tusk.wait_for_exit() == 0
    # The server waits longer than this for a worker that runs a script.
    assert time.monotonic() - before < 10
