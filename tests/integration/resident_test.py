"""A resident script: it boots once, and each of its requests is like one of a plain script."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness.engine import default_engine
from harness.server import PHP_SCRIPTS, needs_signals
from harness.wait import wait_for

ROOT = PHP_SCRIPTS / "resident"
SCRIPT = ROOT / "app.php"


class App:
    """A server whose script is resident in `workers` workers."""

    def __init__(self, server, directory):
        self.server = server
        self.directory = directory

    def get(self, do: str = "", **options) -> httpx.Response:
        params = options.pop("params", {}) | ({"do": do} if do else {})
        return self.server.client.get("/app.php", params=params, **options)

    def served(self) -> int:
        return self.get().json()["served"]

    def boots(self) -> int:
        file = self.directory / "boots"
        return file.stat().st_size if file.exists() else 0

    def wait_for_boot(self, count: int):
        wait_for(lambda: self.boots() >= count and self.get().status_code == 200, "another boot")


@pytest.fixture
def app(start_tusk, tmp_path):
    def start(*options, workers: int = 1, **how) -> App:
        directory = tmp_path / "app"
        directory.mkdir(exist_ok=True)
        server = start_tusk(
            ROOT,
            *("--resident", SCRIPT, "--resident-workers", workers),
            *options,
            env={"TEST_DIRECTORY": directory},
            **how,
        )
        return App(server, directory)

    return start


def test_a_request_is_like_one_of_a_plain_script(app):
    app = app()
    assert app.get(params={"a": "1"}).json() == {"served": 1, "get": {"a": "1"}}
    assert app.get().json() == {"served": 2, "get": []}
    response = app.get("header")
    assert (response.status_code, response.headers["x-request"]) == (201, "3")
    response = app.get()
    assert response.status_code == 200
    assert not {"x-request", "set-cookie"} & set(response.headers)
    assert app.get("shutdown").text == "handler[shutdown]"
    assert app.get("buffer").text == "BUFFERED"
    assert app.get("finish").text == "finished"
    wait_for((app.directory / "after").exists, "what follows the end of the response")
    with app.server.raw() as client:
        interim = client.request("GET", "/app.php?do=hints").head()
        assert (interim.status, interim.header("link")) == (103, "</a.css>; rel=preload")
        assert client.response().text == "final"
    assert app.get("streams").text == "streamstream"
    wait_for(lambda: "to the log" in app.server.log(), "what the script wrote to STDERR")
    assert app.server.client.head("/app.php").content == b""
    assert app.boots() == 1


def test_input_is_that_of_the_request_alone(app):
    app = app()
    url = app.server.url + "/app.php?do=input&q=1"
    first = httpx.post(url, data={"p": "2"}, files={"f": ("name", b"content")}, trust_env=False,
                       headers={"Cookie": "c=3", "X-Secret": "s"}).json()
    assert first["post"] == {"p": "2"}
    assert first["files"] == {"f": ["name", "content"]}
    assert first["cookie"] == {"c": "3"}
    assert first["secret"] == "s"
    assert first["worker"] == "1"
    second = httpx.put(url, content=b"raw", trust_env=False).json()
    assert second["input"] == "raw"
    assert second["get"] == {"do": "input", "q": "1"}
    assert second["request"] == second["get"]
    nothing = {name: second[name] for name in ("post", "cookie", "files", "environment", "secret")}
    assert nothing == {"post": [], "cookie": [], "files": [], "environment": [], "secret": None}
    kept = app.get("is_file", params={"files[]": first["temporary"]}).json()
    assert kept == [False], "an upload is deleted with its request"


def test_sessions_are_written_and_closed(app):
    app = app()
    with httpx.Client(base_url=app.server.url, trust_env=False) as visitor:
        ids = [visitor.get("/app.php?do=session").json() for _ in range(3)]
        assert [seen["n"] for _, seen in ids] == [1, 2, 3]
        assert len({id for id, _ in ids}) == 1
        assert visitor.get("/app.php?do=session_seen").json() == ["", None]
    other = httpx.get(app.server.url + "/app.php?do=session", trust_env=False).json()
    assert other[1] == {"n": 1}


@pytest.mark.parametrize(
    "do, status, text",
    [
        ("exit", 200, "before exit"),
        ("throw", 500, "Uncaught Exception: not caught"),
        ("destructor", 500, "Uncaught Exception: in a destructor"),
        ("nested", 500, "tusk_handle_request() must not be called while a request is handled"),
    ],
)
def test_what_ends_a_request_alone(app, do, status, text):
    app = app()
    response = app.get(do)
    assert response.status_code == status
    wait_for(lambda: text in response.text or text in app.server.log(), "the text, or its log line")
    assert "[shutdown" not in response.text
    assert app.served() == 2
    assert app.boots() == 1


@pytest.mark.parametrize("do, status", [("memory", 500), ("throw_in_shutdown", 200)])
def test_what_ends_the_script_costs_this_request_only(app, do, status):
    app = app()
    assert app.get(do).status_code == status
    assert app.served() == 1
    assert app.boots() == 2


@needs_signals
def test_a_loop_without_end_costs_this_request_only(app):
    app = app("--request-timeout", "1s")
    assert app.get("loop").status_code == 504
    assert app.served() == 1
    assert app.boots() == 2


def test_a_client_that_leaves_ends_its_request_alone(app):
    app = app()
    with httpx.stream("GET", app.server.url + "/app.php?do=events", trust_env=False) as response:
        assert next(response.iter_bytes()).startswith(b"data: 0")
    assert app.served() == 2
    assert app.boots() == 1


def test_a_script_that_ends_boots_anew(app):
    app = app()
    (app.directory / "leave").touch()
    assert app.served() == 1
    assert app.served() == 1
    assert app.boots() == 2


def test_a_restart_of_opcache_boots_the_scripts_anew(app):
    app = app(workers=3)
    wait_for(lambda: app.boots() == 3, "three boots")
    assert app.get("reset").status_code == 200
    wait_for(lambda: app.boots() >= 6, "three other boots")
    assert app.get().status_code == 200
    # A new PHP host begins with an empty OPcache, which need not restart.
    if default_engine() == "threads":
        assert app.server.metrics().value("tusk_opcache_restarts_total", reason="reset") == 1


def test_a_script_that_does_not_boot_is_answered_for(app, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/refuse").touch()
    app = app(workers=2, ready=False)
    app.server.wait_until_started()
    response = app.get()
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert app.server.client.get("/plain.php").text == "plain", "other scripts run"
    app.server.wait_for_metric(lambda n: n >= 4, "tusk_pool_boot_failures_total", pool="resident")
    told = app.server.log().count("the resident script does not boot")
    assert 1 <= told <= 2
    assert "no database" in app.server.log()
    (app.directory / "refuse").unlink()
    wait_for(lambda: app.get().status_code == 200, "a boot that succeeds")
    app.server.wait_for_log("the resident script boots again")


def test_state_is_put_back_although_functions_are_disabled(app):
    """disable_functions hides them from scripts, and not from tusk. A script may even define its
    own with such a name."""
    disabled = "libxml_get_external_entity_loader,stream_wrapper_unregister,date_create,chdir"
    app = app("-d", f"disable_functions={disabled}")
    app.get()  # completes the boot
    for _ in range(2):  # to register a wrapper again removes the one before, which has stayed
        assert app.get("set_hidden").json() == [True, True, 1]
    assert app.get("hidden").json() == [False, True, 0]


def test_the_end_does_not_wait_for_a_boot_that_hangs(app):
    """After a boot that has failed the pool is down, also while the next boot goes on. At the end
    that boot is broken off: it is not waited for, and nothing counts as lost."""
    app = app("--slow-request", "200ms")
    assert app.server.admin("/ready").status_code == 200
    (app.directory / "refuse").touch()
    app.get("memory")
    wait_for(lambda: app.server.admin("/ready").json()["status"] == "down", "the pool to be down")
    (app.directory / "hang").touch()
    (app.directory / "refuse").unlink()
    wait_for((app.directory / "hangs").exists, "the boot to hang")
    ready = app.server.admin("/ready")
    assert (ready.status_code, ready.json()["pool"]) == (503, "resident")
    assert ready.json()["reason"] == "its resident script does not boot"
    app.server.wait_for_log(r"slow boot is running worker=\d+ pool=resident script=\S+app\.php "
                            r".*waits_in=\w*nanosleep .*sleep\(\)")
    failures = app.server.log().count("the resident script does not boot")
    app.server.stop()  # with status 0
    app.server.wait_for_log(r"slow boot has ended .*pool=resident .*booted=false")
    assert "stopped" in app.server.log() and "did not stop" not in app.server.log()
    assert app.server.log().count("the resident script does not boot") == failures


def test_a_reload_to_a_script_that_does_not_boot_is_given_up(app):
    app = app(supervised=True)
    (app.directory / "refuse").touch()
    answer = app.server.command("reload", "--new-generation")
    assert answer.returncode != 0
    said = "the resident script of the pool resident does not boot: Uncaught"
    assert said in answer.stderr and "no database" in answer.stderr, "the reason, where one asked"
    assert "ended with status 1 before it was ready" in answer.stderr
    assert app.served() == 1, "the old process serves"
    (app.directory / "refuse").unlink()
    assert app.server.command("reload", "--new-generation").returncode == 0
    assert httpx.get(app.server.url + "/app.php", trust_env=False).json()["served"] == 1


def test_requests_in_flight_are_finished_at_the_end(app):
    app = app()
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(httpx.get, app.server.url + "/app.php?do=sleep&ms=400",
                               trust_env=False)
        app.server.wait_for_metric(1, "tusk_workers", state="busy")
        app.server.stop()
        assert answer.result().text == "slept"


def test_it_works_in_resident_scripts_only(start_tusk):
    server = start_tusk(ROOT)
    assert server.client.get("/plain.php?call=1").text.startswith(
        "tusk_handle_request() works only in the resident script of a pool")


def test_levels_of_frankenphp_log(start_tusk):
    server = start_tusk(ROOT, "--log-format", "json")
    server.client.get("/plain.php?log=1")

    def levels() -> list:
        lines = [line for line in server.log().splitlines() if '"from the script"' in line]
        return [json.loads(line)["level"] for line in lines]

    wait_for(lambda: len(levels()) == 3, "three lines")
    assert levels() == ["info", "warn", "error"]
