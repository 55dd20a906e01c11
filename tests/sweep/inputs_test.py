"""The inputs of beside_fpm.py and their scripts."""

from pathlib import Path

from sweep.inputs import INPUTS

SCRIPTS = Path(__file__).resolve().parents[1] / "php/hostile"


def test_each_script_is_used_and_described():
    """Each script is an input, and its comment says what it does."""
    asked = {given.script for given in INPUTS} | {"big", "sqlite_write"}
    assert asked == {path.stem for path in SCRIPTS.glob("*.php")}
    for path in SCRIPTS.glob("*.php"):
        assert path.read_text().startswith("<?php // "), path.name
