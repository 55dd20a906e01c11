"""Fixtures of the differential suite."""

import pytest

from differential.reference import nginx_program
from differential.servers import EXECUTORS, Servers, has_executor
from harness.php_build import fpm_program
from harness.server import BINARY


def pytest_generate_tests(metafunc) -> None:
    """Runs tests that take `executor` once for each executor of the binary."""
    if "executor" in metafunc.fixturenames:
        there = [name for name in EXECUTORS if BINARY.is_file() and has_executor(name)]
        metafunc.parametrize("executor", there or EXECUTORS[:1], scope="session")


@pytest.fixture(scope="session")
def start_servers(tmp_path_factory):
    """start_servers(more_ini) starts Servers, which end with the tests."""
    assert BINARY.is_file(), f"no {BINARY}: build it, or name one in TUSK_BINARY"
    assert nginx_program().is_file(), "no nginx: run 'make deps'"
    if not fpm_program().is_file():
        pytest.skip(f"no {fpm_program()}: there is nothing to compare with")
    started = []

    def start(more_ini: str = "") -> Servers:
        started.append(Servers(tmp_path_factory.mktemp("servers"), more_ini))
        return started[-1]

    yield start
    for servers in started:
        servers.stop()
