"""The fixture of the tests of OPcache."""

import shutil

import pytest

from harness.code_site import CodeSite, age
from harness.server import PHP_SCRIPTS


@pytest.fixture
def make_site(tmp_path):
    """make_site(scripts=40) makes a CodeSite with the scripts that control OPcache."""

    def make(**options) -> CodeSite:
        root = tmp_path / "root"
        root.mkdir()
        for name in ("opcache/control.php", "opcache/straggle.php", "hello.php", "gate.php"):
            age(shutil.copy(PHP_SCRIPTS / name, root))
        return CodeSite(root, **options)

    return make
