"""Preloading: code that is loaded when PHP starts."""

import os
import tempfile
from pathlib import Path

import pytest

from harness.code_site import Crowd, age
from harness.opcache import PATIENT, RESTARTS, control, directives, tells_restarts
from harness.server import needs_cached_scripts, sanitizer
from harness.wait import wait_for

pytestmark = needs_cached_scripts


PRELOAD = """<?php
namespace Preloaded;
interface Marked {}
class Parent_ { protected static int $count = 0; const LIST = ['a' => 'preloaded', 'b' => [1, 2]]; }
class Child extends Parent_ implements Marked {
    public static function next(): int { static $calls = 0; return ++$calls + ++self::$count; }
}
function words(): string { return preg_match('/pre(\\w+)/', Child::LIST['a'], $m) ? $m[1] : ''; }
"""
USES_PRELOADED = """<?php
echo Preloaded\\words(), ' ', Preloaded\\Child::next(), Preloaded\\Child::next(),
    new class extends Preloaded\\Child {} instanceof Preloaded\\Marked ? ' marked' : '';
"""


@pytest.mark.parametrize("jit", [False, True])
def test_preloading(start_tusk, make_site, jit):
    """opcache.preload: its classes and functions exist in each request, in their initial state,
    even after resets under load."""
    site = make_site(scripts=10)
    (site.root / "preload.php").write_text(PRELOAD)
    (site.root / "uses.php").write_text(USES_PRELOADED)
    age(site.root / "uses.php")
    options = directives(preload=site.root / "preload.php")
    if os.geteuid() == 0:
        options += directives(preload_user="root")
    if jit:
        options += directives(jit="tracing", jit_buffer_size="64M", jit_hot_func=2)
    tusk = start_tusk(site.root, "--workers", 4, *PATIENT, *options)

    def ask(connection, client, sequence):
        response = connection.get("/uses.php")
        assert (response.status, response.text) == (200, "loaded 24 marked")
        site.check(connection, (client + sequence) % site.scripts, "a")

    with Crowd(tusk.port, ask) as crowd:
        for _ in range(30):
            wait_for(lambda: crowd.check() and control(tusk, "reset"), "a reset to be accepted")
    assert tusk.get("/uses.php").text == "loaded 24 marked"
    preloaded = control(tusk, "status")["preload_statistics"]
    assert set(preloaded["classes"]) == {f"Preloaded\\{c}" for c in ("Marked", "Parent_", "Child")}
    assert not tells_restarts() or tusk.metrics().total(RESTARTS) == 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can preload as another user")
@pytest.mark.skipif(sanitizer() != "", reason="another user may not read the suppressions")
def test_preloading_as_another_user(start_tusk, make_site):
    """opcache.preload_user: PHP preloads in a process of that user; the server gets the result
    and exits cleanly."""
    site = make_site(scripts=1)
    (site.root / "uses.php").write_text(USES_PRELOADED)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)  # not pytest's directories, which only their owner may read
        preload = Path(directory) / "preload.php"
        preload.write_text(PRELOAD)
        tusk = start_tusk(site.root, *directives(preload=preload, preload_user="nobody"))
        for _ in range(3):
            assert tusk.get("/uses.php").text == "loaded 24 marked"
        tusk.stop()
