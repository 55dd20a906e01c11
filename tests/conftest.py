"""Fixtures of all black-box tests. README.md says how to run them."""

from pathlib import Path

import pytest

from harness.engine import reason_to_skip
from harness.server import BINARY, PHP_SCRIPTS, Server


def pytest_collection_modifyitems(items):
    for item in items:
        if reason := reason_to_skip(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def _starter(directory_of):
    """Yields a function that starts servers, and ends them all afterwards, in reverse order."""
    running = []

    def start(root=PHP_SCRIPTS, *args, ready: bool = True, **options) -> Server:
        assert BINARY.is_file(), f"no {BINARY}: build it, or name one in TUSK_BINARY"
        server = Server(root, *args, directory=directory_of("server"), **options)
        running.append(server)
        return server.wait_until_ready() if ready else server

    def end_all():
        try:
            for server in reversed(running):
                server.stop()
        finally:
            for server in running:
                server.kill()

    return start, end_all


@pytest.fixture
def start_tusk(tmp_path_factory):
    """start_tusk(root, *args, env=...) starts a server for this test alone, ready to answer. At
    the end of the test it must exit on SIGTERM with status 0 and without a sanitizer report."""
    start, end_all = _starter(tmp_path_factory.mktemp)
    yield start
    end_all()


@pytest.fixture(scope="module")
def start_module_tusk(tmp_path_factory):
    """Like start_tusk, for servers that all tests of a module share."""
    start, end_all = _starter(tmp_path_factory.mktemp)
    yield start
    end_all()


@pytest.fixture(scope="module")
def tusk(start_module_tusk) -> Server:
    """A server with two PHP workers for tests/php/, shared by the tests of a module."""
    return start_module_tusk(PHP_SCRIPTS, "--workers", 2)


@pytest.fixture(scope="module")
def single(start_module_tusk) -> Server:
    """A server with one PHP worker: anything that a request leaves behind meets the next
    request."""
    return start_module_tusk(PHP_SCRIPTS, "--workers", 1)


@pytest.fixture
def make_root(tmp_path):
    """make_root({"a.php": "<?php ...", "sub/": None}) returns a document root with these files."""

    def make(files: dict, name: str = "root") -> Path:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        for path, content in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith("/"):
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make
