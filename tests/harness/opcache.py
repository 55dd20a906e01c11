"""How the tests of OPcache control it, and what they ask of it."""

from harness.code_site import CodeSite, Crowd
from harness.php_build import php_version
from harness.wait import wait_for


# For tests in which a request must not stop waiting for a restart, however slow the machine is.
PATIENT = ("--opcache-restart-timeout", "1h")
# For tests in which it must stop waiting.
IMPATIENT = ("--opcache-restart-timeout", "1ms")

RESTARTS = "tusk_opcache_restarts_total"
PUT_OFF = "tusk_opcache_restarts_put_off_total"
PENDING = "tusk_opcache_restart_pending"


def tells_restarts() -> bool:
    """Whether metrics show OPcache's figures: the layout of its memory is known for these (docs/limits.md)."""
    return php_version() in ("8.2", "8.4", "8.5")


def control(tusk, do: str, file: str = ""):
    response = tusk.get("/control.php", params={"do": do, "file": file})
    assert response.status_code == 200, response.text
    return response.json()


def restarts(tusk) -> int:
    statistics = control(tusk, "status")["opcache_statistics"]
    return sum(statistics[f"{why}_restarts"] for why in ("oom", "hash", "manual"))


def directives(**values) -> list:
    """Returns arguments that set opcache.*."""
    return [
        part for name, value in values.items() for part in ("-d", f"opcache.{name}={value}")
    ]


def crowd_of(tusk, site: CodeSite, clients: int = 4) -> Crowd:
    def ask(connection, client, sequence):
        site.check(connection, (client * 11 + sequence) % site.scripts, f"{client}-{sequence}")

    return Crowd(tusk.port, ask, clients)


def reset_under_load(tusk, site: CodeSite, resets: int) -> None:
    """Resets as fast as resets are accepted, and then with pauses in which code is cached and
    used."""
    with crowd_of(tusk, site) as crowd:
        for n in range(resets):
            wait_for(lambda: crowd.check() and control(tusk, "reset"), "a reset to be accepted")
            if n % 10 == 0:
                goal = crowd.answered() + 3 * site.scripts
                wait_for(lambda: crowd.check() and crowd.answered() >= goal, "more answers")
    # The next request performs the last reset.
    assert tusk.get("/hello.php").text == "Hello World!"
    statistics = control(tusk, "status")["opcache_statistics"]
    assert statistics["manual_restarts"] == resets
    if not tells_restarts():
        return
    metrics = tusk.metrics()
    assert metrics.total(RESTARTS) == resets and metrics.value(PUT_OFF) == 0
    assert metrics.value("tusk_worker_restarts_total") == 0
