"""The differential suite of resident scripts. A probe is a PHP function of site/probes/ that
changes one kind of state; each answer has everything that its request has seen when it began. A
probe is run in a plain request of a fresh worker, and as one of many requests of resident scripts,
after other probes in random order: the answers must be equal."""

import difflib
import json
import os
import random
import threading
from pathlib import Path

from harness.server import sanitizer

SITE = Path(__file__).parent / "site"
BOOTS = ("bare", "booted")  # the boot sets nothing, or one of everything (site/boot.php)

# What the table in docs/resident-state.md declares different, by its path in the answer, with the
# reason. The probes leave out what can only differ: numbers of processes, ports, times.
DECLARED = {}

FORKING_PROBE = "child not awaited"

# How each request is sent, besides its query: what one brings must not be seen by the next.
_SHAPES = (
    {},
    {"headers": {"Cookie": "probe=1; other=2", "X-Probe": "1"}},
    {"content": b"x=1&probe=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {"content": b"{}", "headers": {"Content-Type": "application/json"}},
)

# php.ini's directives of both servers.
SETTINGS = (
    *("-d", "variables_order=EGPCS"),
    *("-d", "zend.assertions=1"),
    *("-d", "display_errors=0"),
    *("-d", "max_execution_time=60"),
)


def resident(script: str, workers: int) -> tuple:
    """The options of a server with this resident script."""
    # A request that runs no probe completes the boot: what a client's first one sets would stay.
    warm_up = ("--resident-warm-up", f"/{script}")
    return ("--workers", 1, "--resident", SITE / script, "--resident-workers", workers, *warm_up)


class Request:
    """A probe and how it is sent."""

    def __init__(self, probe: str, shape: int):
        self.probe = probe
        self.shape = shape

    def send(self, client, script: str) -> "Answer":
        options = _SHAPES[self.shape]
        method = "POST" if "content" in options else "GET"
        client.cookies.clear()
        response = client.request(method, f"/{script}", params={"probe": self.probe}, **options)
        return Answer(response)

    def __repr__(self):
        return f"{self.probe} (shape {self.shape})"


class Answer:
    """A response, as far as it does not differ between two servers."""

    def __init__(self, response):
        self.status = response.status_code
        self.fields = sorted(
            name for name in response.headers if name not in ("date", "content-length")
        )
        self.text = _without_declared(response.text)

    def __eq__(self, other):
        return (self.status, self.fields, self.text) == (other.status, other.fields, other.text)

    def lines(self) -> list:
        return [str(self.status), *self.fields, *self.text.splitlines()]


def _without_declared(text: str) -> str:
    try:
        answer, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError:
        return text
    for *path, last in DECLARED:
        place = answer
        for name in path:
            place = place.get(name, {}) if isinstance(place, dict) else {}
        if isinstance(place, dict):
            place.pop(last, None)
    return json.dumps(answer, indent=1) + text[end:]


class Comparison:
    """Runs probes on a resident server and compares its answers with those of a plain one."""

    def __init__(self, plain, resident, boot: str, seed: int | None = None):
        self.plain, self.resident, self.boot = plain, resident, boot
        self.seed = seed if seed is not None else int(os.environ.get("TUSK_RESIDENT_SEED", "17"))
        self.probes = plain.get(f"/plain_{boot}.php").json()["probes"]
        # A forked child may wait for ever, and busily, for a lock of the thread sanitizer that
        # another thread held at the fork.
        if sanitizer() == "thread":
            self.probes = [name for name in self.probes if name != FORKING_PROBE]
        self._expected = {}
        self._lock = threading.Lock()
        self.differences = []
        self.requests = 0

    def _expect(self, request: Request) -> Answer:
        """The plain server's answer. It is asked once for each kind of request."""
        key = (request.probe, request.shape)
        with self._lock:
            if key not in self._expected:
                answer = request.send(self.plain.client, f"plain_{self.boot}.php")
                self._expected[key] = answer
            return self._expected[key]

    def run(self, requests: int, clients: int) -> None:
        threads = [
            threading.Thread(target=self._run, args=(number, requests // clients))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run(self, number: int, requests: int) -> None:
        dice = random.Random(f"{self.seed} {number}")
        client = self.resident.new_client()
        history = []
        for _ in range(requests):
            request = Request(dice.choice(self.probes), dice.randrange(len(_SHAPES)))
            try:
                answer = request.send(client, f"resident_{self.boot}.php")
            except Exception as error:  # a lost connection is a difference, too
                self._note(request, history, [repr(error)])
                client = self.resident.new_client()
                continue
            expected = self._expect(request)
            if answer != expected:
                self._note(request, history, _difference(expected, answer))
            history = [*history[-7:], request]
            with self._lock:
                self.requests += 1

    def _note(self, request: Request, history: list, lines: list) -> None:
        with self._lock:
            self.differences.append((request, list(history), lines))

    def check(self) -> None:
        if not self.differences:
            return
        shown = [
            f"{request}, after {history}:\n  " + "\n  ".join(lines[:40])
            for request, history, lines in self.differences[:5]
        ]
        raise AssertionError(
            f"{len(self.differences)} of {self.requests} answers differ (seed {self.seed}):\n"
            + "\n".join(shown)
        )


def _difference(expected: Answer, answer: Answer) -> list:
    return [
        line
        for line in difflib.unified_diff(expected.lines(), answer.lines(), "plain", "resident", n=2)
    ]
