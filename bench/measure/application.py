"""Application: a framework's project that is measured, where it is installed. Route: one of its
paths, as a scenario."""

import http.client
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from measure import load
from measure.errors import BenchError
from measure.scenario import Scenario

VISITORS = 64
REWIND_WORKERS = Path(__file__).resolve().parents[2] / "contrib/rewind"


@dataclass(frozen=True)
class Application:
    name: str
    title: str
    directory: Path
    front_controller: str  # in public/
    resident_script: str  # in public/
    environment: dict[str, str] = field(default_factory=dict)
    resident_environment: dict[str, str] = field(default_factory=dict)  # additionally

    @property
    def rewind_worker(self) -> Path:
        return REWIND_WORKERS / f"{self.name}.php"

    @property
    def public(self) -> Path:
        return self.directory / "public"

    def check(self) -> None:
        for script in (self.front_controller, self.resident_script):
            if not (self.public / script).is_file():
                raise BenchError(f"{self.title}: {self.public / script} does not exist")


def symfony(directory: Path, max_requests: int) -> Application:
    resident = {"FRANKENPHP_LOOP_MAX": str(max_requests)}
    if (directory / "vendor/runtime/frankenphp-symfony").is_dir():
        resident["APP_RUNTIME"] = "Runtime\\FrankenPhpSymfony\\Runtime"
    return Application(
        "symfony", "Symfony", directory, "index.php", "index.php",
        {"APP_ENV": "prod", "APP_DEBUG": "0"}, resident)


def laravel(directory: Path, max_requests: int) -> Application:
    if not (directory / "bootstrap/cache/config.php").is_file():
        raise BenchError(f"{directory} is not set up for production: run 'php artisan config:cache', "
                         "route:cache and view:cache")
    return Application(
        "laravel", "Laravel", directory, "index.php", "frankenphp-worker.php",
        {"APP_ENV": "production", "APP_DEBUG": "false"},
        {"APP_BASE_PATH": str(directory), "APP_PUBLIC_PATH": str(directory / "public"),
         "LARAVEL_OCTANE": "1", "MAX_REQUESTS": str(max_requests),
         "REQUEST_MAX_EXECUTION_TIME": "30"})


@dataclass(frozen=True)
class Route(Scenario):
    url_path: str = "/"

    @property
    def path(self) -> str:
        return self.url_path

    @property
    def is_script(self) -> bool:
        return True

    def with_visitors(self, port: int, work_dir: Path) -> "Route":
        """Returns the route as visitors that come back request it: if it sets cookies, with those of
        many first visits."""
        lines = []
        for _ in range(VISITORS):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=load.PATIENCE_S)
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                cookies = [value.partition(";")[0]
                           for value in response.headers.get_all("Set-Cookie") or []]
            finally:
                connection.close()
            if not cookies:
                return self
            lines.append("; ".join(cookies))
        file = work_dir / f"cookies-{self.name}"
        file.write_text("\n".join(lines) + "\n")
        return replace(self, cookies=file)

    def request_headers(self) -> dict[str, str]:
        if self.cookies is None:
            return self.headers
        return self.headers | {"Cookie": self.cookies.read_text().partition("\n")[0]}


def route(name: str, path: str) -> Route:
    return Route(name=name, title=path, file="", body=b"", url_path=path)


# Random bytes in base64 or hexadecimal, as frameworks put them into forms against forged requests.
_TOKEN = re.compile(rb"(?<=[\"';=])[\w+/.-]{24,}(?==*[\"'&;])")


class Answers:
    """What each route answers, which must be the same from each server but for numbers (a counter
    in a session, a time) and tokens (of a form)."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def check(self, peer: str, port: int, asked: Route, log: Path) -> int:
        """Fails unless the answer is right; returns its size on the wire."""
        status, body, size = load.fetch(port, asked.path, asked.request_headers())
        shape = re.sub(rb"\d+", b"0", _TOKEN.sub(b"TOKEN", body))
        if status != 200 or self._known.setdefault(asked.path, shape) != shape:
            raise BenchError(f"{peer} answers {asked.path} with status {status} and {body[:300]!r}; "
                             f"expected 200 and {self._known.get(asked.path, b'')[:100]!r}", log)
        return size
