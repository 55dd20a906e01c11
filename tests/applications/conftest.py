"""Fixtures for real applications: the server on which they run.

TUSK_TEST_PHP=/path/to/php runs them on PHP's development server instead of tusk: if a test fails
there too, the test or the application is to blame."""

import os
import re
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from harness.child import die_with_parent
from harness.server import environment
from harness.wait import PATIENCE_S, wait_for

REFERENCE_PHP = os.environ.get("TUSK_TEST_PHP")


def pytest_collection_modifyitems(items):
    if os.environ.get("TUSK_SKIP_APPLICATIONS") != "1":
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="TUSK_SKIP_APPLICATIONS=1 leaves them out"))


class PhpDevelopmentServer:
    """The part of harness.server.Server that application tests use."""

    def __init__(self, root: Path, directives: list, directory: Path):
        self._log_file = directory / "log"
        with socket.socket() as probe:  # php -S cannot choose a port itself
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with open(self._log_file, "wb") as log:
            self._process = subprocess.Popen(
                [REFERENCE_PHP, *directives, "-S", f"127.0.0.1:{port}", "-t", root],
                preexec_fn=die_with_parent,
                stderr=log,
                stdout=log,
                start_new_session=True,
                env=environment({"PHP_CLI_SERVER_WORKERS": 4}),
            )
        wait_for(self._answers, "the development server to answer")

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            httpx.get(self.url + "/nothing", trust_env=False)
            return True
        except httpx.TransportError:
            return False

    def log(self) -> str:
        return self._log_file.read_text("utf-8", "replace")

    def new_client(self, **options) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False, **options)

    def stop(self) -> None:
        os.killpg(self._process.pid, 15)  # its workers are its children
        self._process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def serve_application(start_module_tusk, tmp_path_factory):
    """serve_application(root, ini={...}) starts a server for an application, with the one option
    that an application with pretty URLs needs."""
    references = []

    def serve(root: Path, ini: dict, option: tuple = ("--fallback", "/index.php")):
        directory = tmp_path_factory.mktemp("php")
        (directory / "sessions").mkdir()
        settings = {
            "session.save_path": directory / "sessions",
            "upload_tmp_dir": directory,
            "sys_temp_dir": directory,
            "sendmail_path": "/bin/true",
            "upload_max_filesize": "16M",
            "post_max_size": "17M",
            "log_errors": 1,
            "display_errors": 0,
            **ini,
        }
        directives = [f"-d{name}={value}" for name, value in settings.items()]
        if REFERENCE_PHP:
            references.append(PhpDevelopmentServer(root, directives, directory))
            return references[-1]
        return start_module_tusk(
            root, "--workers", 4, *option, "--access-log", *directives
        )

    yield serve
    for server in references:
        server.stop()


def php_complaints(log: str) -> list:
    """The lines of a log in which PHP reports an error or a warning."""
    return [
        line
        for line in log.splitlines()
        if re.search(r"PHP (Fatal|Parse|Recoverable|Core|Compile|Warning|Notice)|Uncaught", line)
    ]


@pytest.fixture
def no_complaints():
    """no_complaints(server, *known) fails if PHP's log has other messages than the known ones."""

    def check(server, *known):
        found = [
            line for line in php_complaints(server.log()) if not any(text in line for text in known)
        ]
        assert not found, "\n".join(found[:20])

    return check
