"""Peer: a program that is measured. ServerPeer: one that listens, so that wrk or h2load can send
requests."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import load, machine
from measure.context import Context
from measure.errors import BenchError
from measure.sample import Sample
from measure.scenario import Scenario
from measure.server import Server

CHECK_SCRIPT = "check.php"


def check_php(name: str, answer: bytes, php: tuple[str, bool], script: str | None) -> None:
    """Fails unless the PHP that gave `answer` is `php` (its version, and whether it is ZTS), with
    OPcache working."""
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise BenchError(f"{name} answers {CHECK_SCRIPT} with {answer[:200]!r}") from error
    if (found["version"], found["zts"]) != php:
        raise BenchError(f"{name} runs another PHP than {php[0]} {'ZTS' if php[1] else 'NTS'}: {found}")
    if not found["opcache"] or (script is not None and script not in found["cached"]):
        raise BenchError(f"{name} does not run {script} from OPcache: {found}")


class Peer:
    key: str  # as in --only
    title: str

    def measure(self, scenario: Scenario, context: Context) -> Sample:
        raise NotImplementedError


@dataclass
class Running:
    """A peer that serves. A client talks to the first of `servers`."""

    port: int
    servers: list[Server]
    http2_port: int | None = None  # where it speaks HTTP/2 without TLS, if not on `port`

    def run_load(self, scenario: Scenario, context: Context, seconds: int) -> load.LoadResult:
        if scenario.streams > 0:
            return load.run_h2load(self.http2_port or self.port, scenario, context.connections,
                                   seconds)
        return load.run_wrk(self.port, scenario, context.connections, seconds)

    @property
    def log(self) -> Path:
        return self.servers[0].log

    def pids(self) -> list[int]:
        return [pid for server in self.servers for pid in server.pids()]

    def check_alive(self) -> None:
        for server in self.servers:
            server.check_alive()

    def sample(self, scenario: Scenario, context: Context, size: int) -> Sample:
        """Measures one run; `size` is that of a right response."""
        before, wrk_before = machine.cpu_of(self.pids()), machine.waited_children()
        busy_before = machine.busy_seconds()
        result = self.run_load(scenario, context, context.seconds)
        others = machine.busy_seconds() - busy_before
        pids = self.pids()
        cpu = machine.cpu_of(pids) - before
        others -= cpu.total + (machine.waited_children() - wrk_before).total
        memory = machine.pss_bytes(pids)
        self.check_alive()
        load.check_size(result, size)
        return Sample(
            requests=result.requests,
            cpu_user_us=cpu.user / result.requests * 1e6,
            cpu_system_us=cpu.system / result.requests * 1e6,
            pss_bytes=memory,
            errors=result.errors,
            others_cores=max(0.0, others / result.seconds),
            requests_per_s=result.requests_per_s,
            p50_us=result.p50_us,
            p99_us=result.p99_us)


class ServerPeer(Peer):
    runs_php = True
    caches_scripts = True  # OPcache caches the requested script

    def php(self, context: Context) -> tuple[str, bool]:
        """The version of its PHP, and whether that is thread-safe: most peers share one."""
        return context.php_version, True

    @contextlib.contextmanager
    def serve(self, context: Context, tls: bool = False) -> Iterator[Running]:
        """Starts it, with TLS on its port if requested, and ends it in any case."""
        raise NotImplementedError
        yield

    @contextlib.contextmanager
    def serve_warm(self, scenario: Scenario, context: Context) -> Iterator[tuple[Running, int]]:
        """Starts and checks it, warms it up, and yields the size of a response."""
        with self.serve(context, scenario.tls) as running:
            size = load.check_response(self.title, running.port, scenario, running.log)
            if self.runs_php:
                _, answer, _ = load.fetch(running.port, f"/{CHECK_SCRIPT}", tls=scenario.tls)
                script = scenario.file if scenario.is_script and self.caches_scripts else None
                check_php(self.title, answer, self.php(context), script)
            running.run_load(scenario, context, context.warm_up_seconds)
            yield running, len(scenario.body) if scenario.streams > 0 else size

    def measure(self, scenario: Scenario, context: Context) -> Sample:
        with self.serve_warm(scenario, context) as (running, size):
            sample = running.sample(scenario, context, size)
            load.check_response(self.title, running.port, scenario, running.log)
        return sample
