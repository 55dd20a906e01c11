#!/usr/bin/env python3
"""Calls every function and method of PHP with hostile values, each in a request of its own, beside
innocent requests, and reports what crashed, hung, leaked, or changed other requests. `make sweep`.

    SWEEP_SECONDS   how long (default 600); a new run with the same seed goes on where it stopped
    SWEEP_SEED      of the values (default: one that is printed)
    SWEEP_STATE     directory of the state and of report.md (default build/sweep)
    SWEEP_ONLY      a regular expression of subjects
    SWEEP_CALLS     calls in one request (default 4)
    SWEEP_MALLOC    1: PHP takes its memory from malloc(), which sees more faults

    sweep.py --show SUBJECT SEED CALL    the PHP of a call
"""

import collections
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TUSK_TEST_PATIENCE", "15")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.raw import ProtocolError, RawClient  # noqa: E402
from sweep.findings import Finding, Findings, exit_text  # noqa: E402
from sweep.innocents import Innocents  # noqa: E402
from sweep.sandbox import REQUEST_TIMEOUT_S, Gone, Sandbox, Unanswered, ask, skipped  # noqa: E402

BATCH = 64
FRESH_SERVER_AFTER = 2000  # subjects
MEMORY_LIMIT_MB = 2500
LEAK_TRIES = 6
RECENT = 60  # subjects among which is the one that changed something for others


class Sweep:
    def __init__(self, state: Path, seed: int, calls: int, say=print, **options):
        self.findings = Findings.load(state / "findings.json", seed)
        self.seed, self.calls, self.say = seed, calls, say
        self._options = options  # of each Sandbox
        self._directory = Path(tempfile.mkdtemp(prefix="tusk-sweep-"))
        self._servers = 0
        self._sandbox = self._innocents = None
        self._spoilt = {one.subject for one in self.findings.found}

    # --- servers ---

    def _fresh(self, **options) -> Sandbox:
        self._servers += 1
        return Sandbox(self._directory / str(self._servers), **self._options, **options)

    def _begin_server(self) -> None:
        self._sandbox = self._fresh()
        self._innocents = Innocents(self._sandbox)
        self._since_start, self._lost = 0, 0
        self._idle_descriptors = self._sandbox.descriptors()
        self._recent = collections.deque(maxlen=RECENT)

    def _end_server(self) -> None:
        if self._sandbox is None:
            return
        self._innocents.finish()
        self.findings.innocent_answers += self._innocents.answered
        slowest = max(self.findings.slowest_innocent_s, self._innocents.slowest_s)
        self.findings.slowest_innocent_s = round(slowest, 2)
        self.findings.late_innocents += self._innocents.late
        self._sandbox.end()
        self._sandbox = self._innocents = None

    def subjects(self) -> list:
        sandbox = self._fresh()
        try:
            text = RawClient("127.0.0.1", sandbox.server.port).get("/sweep.php?list=1").text
        finally:
            sandbox.end()
        never = skipped()
        return [name for name in text.split("\n") if name not in never]

    # --- the sweep ---

    def run(self, seconds: float, only: str = "", most: int | None = None) -> Findings:
        """Runs until the time is over, or `most` subjects are swept."""
        end = time.monotonic() + seconds
        try:
            subjects = [name for name in self.subjects() if re.search(only, name)]
            self.say(f"{len(subjects)} subjects, seed {self.seed}")
            swept, batch = 0, []
            while subjects and time.monotonic() < end and (most is None or swept < most):
                round_number, at = divmod(self.findings.position, len(subjects))
                if at == 0 or swept == 0:
                    order = random.Random(f"{self.seed} {round_number}").sample(
                        subjects, len(subjects)
                    )
                subject = order[at]
                self.findings.position += 1
                swept += 1
                if subject in self._spoilt:
                    continue
                first = round_number * self.calls
                batch.append((subject, first))
                self._sweep_one(subject, first)
                if len(batch) >= BATCH:
                    self._look_at_batch(batch)
                    batch = []
            if batch and self._sandbox:
                self._look_at_batch(batch)
        finally:
            self._end_server()
            self.findings.save()
        return self.findings

    def _sweep_one(self, subject: str, first: int) -> None:
        if self._sandbox is None:
            self._begin_server()
        self._recent.append((subject, first))
        began = time.monotonic()
        self.findings.calls += self.calls
        self._since_start += 1
        try:
            ask(self._sandbox, subject, self.seed, first, first + self.calls)
        except Gone as gone:
            log = self._sandbox.log_tail()
            self._end_server()
            self._spoilt.add(subject)
            self.findings.add(self._bisect_death(subject, first, gone.status, log))
            return
        except Unanswered as unanswered:
            self._note("unanswered", subject, first, str(unanswered))
            self._end_server()
            return
        if time.monotonic() - began > REQUEST_TIMEOUT_S and self._has_lost_worker():
            self._note("lost", subject, first, f"after {time.monotonic() - began:.1f} s")
            self._end_server()
            return
        if self._innocents.wrong:
            self._end_stained()

    def _end_stained(self) -> None:
        what = self._innocents.wrong[-1][1]
        self._end_server()
        self.findings.add(self._find_stain(what))

    def _has_lost_worker(self) -> bool:
        end = time.monotonic() + 4  # the watchdog allows it some time
        while time.monotonic() < end:
            if self._sandbox.lost_workers() > 0:
                return True
            time.sleep(0.2)
        return False

    def _note(self, kind: str, subject: str, first: int, what: str) -> None:
        self._spoilt.add(subject)
        calls = list(range(first, first + self.calls))
        finding = Finding(kind, subject, what, self.seed, calls, log=self._sandbox.log_tail(4))
        finding.code = self.code(subject, first, first + self.calls)
        self.findings.add(finding)
        self.say(f"{kind}: {subject}: {what}")

    def code(self, subject: str, first: int, last: int) -> str:
        sandbox = self._fresh()
        try:
            return ask(sandbox, subject, self.seed, first, last, show=True)
        finally:
            sandbox.end()

    def _look_at_batch(self, batch: list) -> None:
        """Checks for leaks: between two batches no call of the sweep runs, so anything that is
        open now has leaked."""
        if self._sandbox is None:
            return
        self._innocents.wait_for_another()
        if self._innocents.wrong:
            self._end_stained()
            return
        self._sandbox.clear_scratch()
        now = self._sandbox.descriptors()
        if now > self._idle_descriptors + 3:
            self._find_leaks(batch)
            self._end_server()
            return
        self._idle_descriptors = max(now, self._idle_descriptors)
        memory = self._sandbox.memory_mb()
        if memory > MEMORY_LIMIT_MB:
            names = ", ".join(subject for subject, _ in batch[-10:])
            self._note("memory", batch[-1][0], batch[-1][1], f"{memory} MB, after {names}")
            self._end_server()
        elif self._since_start > FRESH_SERVER_AFTER:
            self._end_server()
        self.findings.save()

    # --- finding the culprit ---

    def _try(self, subject: str, first: int, last: int, innocents: bool, times: int = 1):
        """Makes the calls on a separate server; returns its exit status, or None."""
        sandbox = self._fresh()
        beside = Innocents(sandbox, 2) if innocents else None
        try:
            for _ in range(times):
                ask(sandbox, subject, self.seed, first, last)
            return sandbox.ended(0.2), ""
        except Gone as gone:
            return gone.status, sandbox.log_tail()
        except Unanswered:
            return None, ""
        finally:
            if beside:
                beside.finish()
            sandbox.end()

    def _bisect_death(self, subject: str, first: int, status: int, log: str) -> Finding:
        last = first + self.calls
        finding = Finding("died", subject, exit_text(status), self.seed, list(range(first, last)))
        finding.log = log
        for innocents, times in ((False, 1), (False, 5), (True, 30)):
            if self._try(subject, first, last, innocents, times)[0] is None:
                continue
            finding.reproduced = "beside other requests" if innocents else "alone"
            for call in range(first, last):
                found, its_log = self._try(subject, call, call + 1, innocents, times)
                if found is not None:
                    finding.what, finding.calls = exit_text(found), [call]
                    finding.log = its_log
                    break
            break
        finding.code = self.code(subject, finding.calls[0], finding.calls[-1] + 1)
        self.say(f"died: {subject} {finding.what}, again {finding.reproduced}\n{finding.code[:600]}")
        return finding

    def _find_stain(self, what: str) -> Finding:
        """Finds which of the recent subjects changed state: runs all again, with an innocent
        request after each."""
        subject, first = self._recent[-1]
        calls = list(range(first, first + self.calls))
        finding = Finding("innocents", subject, what, self.seed, calls)
        sandbox = self._fresh(workers=1)
        try:
            with RawClient("127.0.0.1", sandbox.server.port) as connection:
                before = connection.get("/innocent.php").text
                each = ((s, f + n) for s, f in self._recent for n in range(self.calls))
                for one, call in each:
                    ask(sandbox, one, self.seed, call, call + 1)
                    after = connection.get("/innocent.php")
                    if after.status == 200 and after.text != before:
                        finding.subject, finding.calls = one, [call]
                        finding.reproduced = "alone"
                        break
        except (Gone, Unanswered, OSError, ProtocolError, AssertionError) as error:
            finding.what += f"; then {error!r}"
        finally:
            sandbox.end()
        self._spoilt.add(finding.subject)
        finding.code = self.code(finding.subject, finding.calls[0], finding.calls[-1] + 1)
        self.say(f"innocents: {finding.subject}: {what}, again {finding.reproduced}")
        return finding

    def _find_leaks(self, batch: list) -> None:
        sandbox = self._fresh(workers=1)
        try:
            for subject, first in batch:
                if subject in self._spoilt:
                    continue
                try:
                    ask(sandbox, subject, self.seed, first, first + self.calls)
                    before = sandbox.descriptors()
                    for _ in range(LEAK_TRIES):
                        ask(sandbox, subject, self.seed, first, first + self.calls)
                except (Gone, Unanswered):
                    sandbox.end()
                    sandbox = self._fresh(workers=1)
                    continue
                more = sandbox.descriptors() - before
                if more >= LEAK_TRIES - 1:
                    calls = list(range(first, first + self.calls))
                    what = f"{more} more after {LEAK_TRIES} requests"
                    finding = Finding("descriptors", subject, what, self.seed, calls)
                    finding.code = self.code(subject, first, first + self.calls)
                    finding.reproduced = "alone"
                    self._spoilt.add(subject)
                    self.findings.add(finding)
                    self.say(f"descriptors: {subject}: {what}")
        finally:
            sandbox.end()


def main() -> int:
    if sys.argv[1:2] == ["--show"]:
        subject, seed, call = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        sweep = Sweep(Path(tempfile.mkdtemp()), seed, 1)
        print(sweep.code(subject, call, call + 1))
        return 0
    state = Path(os.environ.get("SWEEP_STATE") or Path(__file__).parents[2] / "build/sweep")
    seed = int(os.environ.get("SWEEP_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    sweep = Sweep(state, seed, int(os.environ.get("SWEEP_CALLS") or 4))
    findings = sweep.run(
        float(os.environ.get("SWEEP_SECONDS") or 600), os.environ.get("SWEEP_ONLY", "")
    )
    (state / "report.md").write_text(findings.markdown())
    print(findings.markdown())
    return 1 if findings.of("died") or findings.of("innocents") else 0


if __name__ == "__main__":
    sys.exit(main())
