"""A sample of the sweep, with a fixed seed: no function crashes the server or changes anything
for other requests. `make sweep` runs all of it."""

import pytest

from harness.server import needs_signals, sanitizer
from sweep.sweep import Sweep

SEED = 20240924
SUBJECTS = 300 if sanitizer() else 2000

# Functions that do what the sweep looks for, by circumventing the server's protections.
TRAPS = """<?php
function trap_death() { FFI::cdef('void *memset(long, int, size_t);')->memset(1 << 20, 0, 1); }
function trap_leak() { FFI::cdef('int eventfd(unsigned, int);')->eventfd(0, 0); }
function trap_stain() {
    $c = FFI::cdef('struct limit { unsigned long now, most; };
        int prlimit64(int, int, struct limit *, struct limit *);');
    $limit = $c->new('struct limit');
    $c->prlimit64(0, 5, null, FFI::addr($limit));
    $limit->now = intdiv($limit->now, 2);
    $c->prlimit64(0, 5, FFI::addr($limit), null);
}
function trap_none() { }
"""


@needs_signals
def test_a_sample_of_all_functions(tmp_path):
    """The sample has no findings."""
    findings = Sweep(tmp_path, SEED, calls=2).run(40, most=SUBJECTS)
    assert findings.position > 100 and findings.innocent_answers > 20
    bad = [one for one in findings.found if one.kind != "lost"]
    assert not bad, findings.markdown()


of_the_server = pytest.mark.threads("it happens to a worker process, not to the server")


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        pytest.param("death", "died", marks=of_the_server),
        pytest.param("stain", "innocents"),
        pytest.param("leak", "descriptors", marks=of_the_server),
    ],
)
def test_the_sweep_finds_each_kind_of_harm(tmp_path, monkeypatch, kind, what):
    """The sweep finds harmful functions among harmless ones, and PHP code that repeats the harm."""
    more = ("-d", "auto_prepend_file=traps.php")
    sweep = Sweep(tmp_path, SEED, calls=2, scripts={"traps.php": TRAPS}, more=more)
    monkeypatch.setattr(sweep, "subjects", lambda: ["trap_none", f"trap_{kind}", "strlen"])
    findings = sweep.run(40, most=12)
    (found,) = findings.found
    assert (found.kind, found.subject, found.reproduced) == (what, f"trap_{kind}", "alone")
    assert f"trap_{kind}(" in found.code
