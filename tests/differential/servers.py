"""The servers that are compared: nginx with PHP-FPM, and tusk with each of its executors. All
have the same document root and the same php.ini."""

import functools
import subprocess
import tomllib
from pathlib import Path

from differential.answer import ProbeClient
from differential.probe import PROBES, Probe
from differential.reference import Reference
from harness.php_build import fpm_program, is_debians, is_older_than, scanned_ini
from harness.server import Server, environment, run_tusk

HERE = Path(__file__).resolve().parent
EXECUTORS = ("ext", "php")
_KEYS = {"probe", "parts", "reason", "executor", "since", "before", "debian"}  # of a difference

# Environment variables that probes read.
ENVIRONMENT = {"PROBE_VARIABLE": "from the environment", "PROBE_MAIL": "box"}


@functools.cache
def has_executor(name: str) -> bool:
    return run_tusk("check", "--executor", name).returncode == 0


@functools.cache
def _extensions() -> set:
    """The extensions of the reference, which loads what tusk's PHP loads."""
    told = subprocess.run([fpm_program(), "-m"], capture_output=True, text=True, env=environment(scanned_ini()))
    return {line.lower() for line in told.stdout.splitlines()}


def _has(need: str) -> bool:
    version = need.removeprefix("php-")
    return need in _extensions() if version == need else not is_older_than(version)


def lacks(probe: Probe) -> list:
    """Returns what the probe needs, and this PHP has not: extensions, or "php-8.4" for a version."""
    return [need for need in probe.needs if not _has(need)]


def _is_true_of_this_php(difference: dict) -> bool:
    return (
        not is_older_than(difference.get("since", "0"))
        and is_older_than(difference.get("before", "99"))
        and difference.get("debian", is_debians()) == is_debians()
    )


def known_differences(executor: str) -> dict:
    """Maps each probe to the set of parts that differ, according to differences.toml."""
    with open(HERE / "differences.toml", "rb") as file:
        listed = tomllib.load(file).get("difference", [])
    known = {}
    for one in listed:
        assert one.keys() <= _KEYS and one["reason"], one
        if one.get("executor", executor) == executor and _is_true_of_this_php(one):
            known.setdefault(one["probe"], set()).update(one["parts"])
    return known


class Servers:
    """Starts the reference, and tusk with each executor when it is first asked for."""

    def __init__(self, directory: Path, more_ini: str = ""):
        self._directory, self._more_ini = directory, more_ini
        self._running, self._ports = [], {}

    def client(self, name: str) -> ProbeClient:
        """A connection to "fpm", "ext" or "php"."""
        if name not in self._ports:
            self._ports[name] = self._start(name)
        return ProbeClient(*self._ports[name])

    def _start(self, name: str) -> tuple:
        # Paths of equal length make responses of equal length: all names have three letters.
        directory = self._directory / name
        scratch = directory / "scratch"
        scratch.mkdir(parents=True)
        ini = directory / "php.ini"
        text = (HERE / "php.ini").read_text().replace("{scratch}", str(scratch))
        ini.write_text(text.replace("{more}", self._more_ini))
        if name == "fpm":
            reference = Reference(PROBES, directory, ini, ENVIRONMENT)
            self._running.append(reference)
            return reference.port, scratch
        server = Server(
            PROBES,
            *("--executor", name, "--workers", 4, "-c", ini),
            *("--compression", "off"),  # as the reference's nginx
            directory=directory,
            env=ENVIRONMENT,
        )
        self._running.append(server)
        return server.wait_until_ready().port, scratch

    def stop(self) -> None:
        try:
            for server in self._running:
                server.stop()
        finally:
            for server in self._running:
                if isinstance(server, Server):
                    server.kill()
