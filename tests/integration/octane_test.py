"""tusk under the name frankenphp, called as Laravel Octane calls it: octane:start, octane:status,
octane:reload and octane:stop are a program with an environment and four HTTP requests. Octane
itself is in no package registry that tests may ask."""

import json
import shutil
import socket
import subprocess
import threading

import httpx
import pytest

from harness.child import die_with_parent
from harness.server import PHP_SCRIPTS, TUSK, environment
from harness.wait import PATIENCE_S, wait_for

CONFIGURATION = "/config/apps/frankenphp"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Octane:
    """A project with a link frankenphp to tusk in it, and what octane:start runs there."""

    def __init__(self, directory):
        self.project = directory / "project"
        shutil.copytree(PHP_SCRIPTS / "octane", self.project / "public")
        (self.project / "public/robots.txt").write_text("User-agent: *\n")
        self.caddyfile = self.project / "vendor/laravel/octane/src/Commands/stubs/Caddyfile"
        self.caddyfile.parent.mkdir(parents=True)
        self.caddyfile.write_text("{$CADDY_SERVER_SERVER_NAME} {\n}\n")
        self.program = self.project / "frankenphp"
        self.program.symlink_to(TUSK)
        self.port, self.admin_port = free_port(), free_port()
        self.log_file = directory / "log"
        self.process = None

    def environment(self, **more) -> dict:
        return environment(
            {
                "APP_ENV": "local",
                "APP_BASE_PATH": self.project,
                "APP_PUBLIC_PATH": self.project / "public",
                "LARAVEL_OCTANE": 1,
                "MAX_REQUESTS": 500,
                "REQUEST_MAX_EXECUTION_TIME": 30,
                "CADDY_GLOBAL_OPTIONS": "auto_https disable_redirects",
                "CADDY_SERVER_ADMIN_PORT": self.admin_port,
                "CADDY_SERVER_ADMIN_HOST": "localhost",
                "CADDY_SERVER_LOG_LEVEL": "INFO",
                "CADDY_SERVER_LOGGER": "json",
                "CADDY_SERVER_SERVER_NAME": f"http://:{self.port}",
                "CADDY_SERVER_WORKER_COUNT": 2,
                "CADDY_SERVER_WORKER_DIRECTIVE": "num 2",
                "CADDY_SERVER_EXTRA_DIRECTIVES": "",
                "CADDY_SERVER_WATCH_DIRECTIVES": "",
                # Octane's port is open on all addresses; a test's is not.
                "TUSK_LISTEN_ADDR": f"127.0.0.1:{self.port}",
                "XDG_RUNTIME_DIR": self.project,
                **more,
            }
        )

    def run(self, *words, **more) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.program, *words],
            cwd=self.project,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def start(self):
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "run", "-c", self.caddyfile],
                cwd=self.project,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_for(lambda: self.runs() or self.ended(), "octane:status to say that it runs")

    def ended(self):
        assert self.process.poll() is None, self.log_file.read_text()

    def admin(self, method: str, path: str, **options) -> httpx.Response:
        url = f"http://localhost:{self.admin_port}{path}"
        return httpx.request(method, url, timeout=PATIENCE_S, trust_env=False, **options)

    def runs(self) -> bool:
        try:
            return self.admin("GET", CONFIGURATION).is_success
        except httpx.TransportError:
            return False

    def reload(self) -> httpx.Response:
        return self.admin(
            "PATCH",
            CONFIGURATION,
            content=self.admin("GET", CONFIGURATION).content,
            headers={"Content-Type": "application/json", "Cache-Control": "must-revalidate"},
        )

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False, timeout=PATIENCE_S)

    def log(self) -> list:
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]


@pytest.fixture
def octane(tmp_path):
    project = Octane(tmp_path)
    yield project
    if project.process is not None and project.process.poll() is None:
        project.process.terminate()
        project.process.wait(PATIENCE_S)


def test_octane_starts_asks_and_stops(octane):
    """octane:start, octane:status, requests with the lines that Octane shows, octane:stop."""
    octane.start()
    workers = octane.admin("GET", CONFIGURATION).json()["workers"]
    assert workers == [{"file_name": f"{octane.project}/public/frankenphp-worker.php", "num": 2}]
    for path in ("/", "/users/7?q=1", "/frankenphp-worker.php/x"):
        assert octane.get(path).json()["path"] == path.partition("?")[0]
    assert octane.get("/robots.txt").text == "User-agent: *\n"
    assert octane.get("/throw").status_code == 500

    def lines():
        return {line["request"]["uri"]: line for line in octane.log() if line["msg"] == "handled request"}

    wait_for(lambda: {"/users/7?q=1", "/throw"} <= set(lines()), "the lines of the requests")
    line = lines()["/users/7?q=1"]
    assert line["msg"] == "handled request" and line["level"] == "info"
    assert line["request"]["method"] == "GET" and line["status"] == 200
    assert 0 <= line["duration"] < PATIENCE_S
    [told] = [json.loads(line["msg"]) for line in octane.log() if "throwable" in line["msg"]]
    assert told == {"type": "throwable", "message": "the ink ran dry"}
    assert all({"level", "msg"} <= set(line) for line in octane.log())

    threads = octane.admin("GET", "/frankenphp/threads").json()["ThreadDebugStates"]
    assert {thread["State"] for thread in threads} <= {"ready", "busy"} and len(threads) >= 2
    assert octane.admin("POST", "/stop").is_success
    assert octane.process.wait(PATIENCE_S) == 0
    assert not octane.runs()


def threads(octane) -> dict:
    """The state of each, by its name."""
    answer = octane.admin("GET", "/frankenphp/threads")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    states = answer.json()["ThreadDebugStates"]
    assert [each["Index"] for each in states] == list(range(len(states)))
    assert all((each["IsWaiting"], each["IsBusy"]) == (each["State"] == "ready", each["State"] == "busy")
               for each in states)
    return {each["Name"]: each["State"] for each in states}


def test_a_reload_loses_no_request(octane):
    """octane:reload is answered when the new release serves; slow requests that run meanwhile are
    answered."""
    (octane.project / "release").write_text("one")
    octane.start()
    answers = []
    slow = threading.Thread(target=lambda: answers.append(octane.get("/slow")))
    slow.start()
    (octane.project / "release").write_text("two")
    assert octane.reload().status_code == 200
    assert octane.get("/").json()["release"] == "two"
    slow.join()
    assert answers[0].status_code == 200

    (octane.project / "release").write_text("three")
    before = threads(octane)
    restarted = octane.admin("POST", "/frankenphp/workers/restart")
    assert (restarted.status_code, restarted.text) == (200, "workers restarted successfully\n")
    assert octane.get("/").json()["release"] == "three"
    assert octane.admin("GET", "/frankenphp/workers/restart").status_code == 405
    # Both are new ones, that have booted.
    after = wait_for(lambda: {name: state for name, state in threads(octane).items() if name not in before},
                     "the workers of the new process")
    resident = [state for name, state in after.items() if name.endswith("pool resident")]
    assert len(resident) == 2 and set(resident) <= {"ready", "busy"}


def test_only_programs_may_order(octane):
    """No web page can make a browser stop the server, and a wrong method orders nothing."""
    octane.start()
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": f"http://localhost:{octane.admin_port}"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "evil.example"},
    ):
        for method, path in (("POST", "/stop"), ("PATCH", CONFIGURATION)):
            assert octane.admin(method, path, headers=headers).status_code == 403, headers
    assert octane.admin("GET", "/stop").status_code == 405
    assert octane.admin("DELETE", CONFIGURATION).status_code == 405
    assert octane.runs()


def test_what_tusk_cannot_do_is_refused(octane):
    (octane.project / "Caddyfile").write_text("localhost\n")
    for words, more, reason in (
        (("run", "-c", "Caddyfile"), {}, "is not the Caddyfile of Octane"),
        (("php-server",), {}, "by the name frankenphp, tusk serves Laravel Octane only"),
        (
            ("run", "-c", octane.caddyfile),
            {"CADDY_SERVER_EXTRA_DIRECTIVES": "mercure {\n}"},
            "Mercure hub",
        ),
        (
            ("run", "-c", octane.caddyfile),
            {"CADDY_SERVER_SERVER_NAME": "https://localhost:8443"},
            "TUSK_TLS_CERT",
        ),
    ):
        done = octane.run(*words, **more)
        assert done.returncode == 1 and reason in done.stderr, done.stderr
    assert "tusk" in octane.run("version").stdout
    assert octane.run("build-info").returncode == 0


def test_a_plain_tusk_takes_no_orders(start_tusk):
    tusk = start_tusk(PHP_SCRIPTS)
    assert tusk.admin("/stop", "POST").status_code == 404
    assert tusk.admin(CONFIGURATION).status_code == 404
