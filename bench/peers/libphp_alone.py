"""libphp without a server, as the lower bound: one thread, one request after the other, no
sockets."""

import json
import subprocess

from measure import machine
from measure.build import require
from measure.context import Context
from measure.errors import BenchError
from measure.sample import Sample
from measure.scenario import Scenario
from measure.server import clean_environment
from peers.peer import CHECK_SCRIPT, Peer, check_php

PATIENCE_S = 60


class LibphpAlone(Peer):
    key = "libphp"
    title = "libphp alone"

    def command(self, context: Context, *arguments: str) -> list[str]:
        program = require(context.programs.libphp_alone, "it is built with -DTUSK_BENCH=ON")
        return [program, "-c", str(context.php_ini), *arguments]

    def _run(self, context: Context, *arguments: str) -> str:
        log = context.work_dir / "libphp_alone.log"
        with log.open("ab") as errors:
            done = subprocess.run(
                self.command(context, *arguments), stdout=subprocess.PIPE, stderr=errors, text=True,
                env=clean_environment(), timeout=context.seconds + PATIENCE_S, check=False)
        if done.returncode != 0:
            raise BenchError(f"libphp_alone failed with status {done.returncode}", log)
        return done.stdout

    def check(self, scenario: Scenario, context: Context) -> None:
        root = context.document_root
        printed = self._run(context, "--print", str(root / scenario.file), str(root / CHECK_SCRIPT))
        body, _, answer = printed.removesuffix("\n").rpartition("\n")
        if body.encode() != scenario.body:
            raise BenchError(f"libphp_alone: {scenario.file} prints {body[:200]!r}")
        check_php(self.title, answer.encode(), (context.php_version, True), scenario.file)

    def measure(self, scenario: Scenario, context: Context) -> Sample:
        self.check(scenario, context)
        busy_before, own_before = machine.busy_seconds(), machine.waited_children()
        result = json.loads(self._run(context, "--seconds", str(context.seconds),
                                      str(context.document_root / scenario.file)))
        own = machine.waited_children() - own_before
        others = machine.busy_seconds() - busy_before - own.total
        return Sample(
            requests=result["requests"],
            cpu_user_us=result["user_us"] / result["requests"],
            cpu_system_us=result["system_us"] / result["requests"],
            pss_bytes=result["pss_kib"] * 1024 if result["pss_kib"] >= 0 else None,
            others_cores=max(0.0, others / (result["wall_us"] / 1e6)))
