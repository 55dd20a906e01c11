"""Debian's own PHP, which is not thread-safe, in worker processes: what `make build PHP=debian` builds.
The tests are left out where that has not been built."""

import hashlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.server import REPOSITORY
from harness.wait import wait_for

PROGRAMS = Path(os.environ.get("TUSK_DEBIAN_PROGRAMS") or REPOSITORY / "build/release-debian")
LIBRARY = Path("/usr/lib/libphp8.2.so")

pytestmark = pytest.mark.skipif(
    not LIBRARY.exists() or not (PROGRAMS / "tusk-server").exists(),
    reason=f"needs libphp8.2-embed and {PROGRAMS}: make build PHP=debian",
)

PAGES = {
    "hello.php": "<?php echo 'hello ', PHP_VERSION, ' ', getmypid();",
    "info.php": "<?php phpinfo();",
    "upload.php": """<?php $file = $_FILES['file'];
        echo $file['size'], ' ', md5_file($file['tmp_name']);""",
    "session.php": """<?php session_save_path(__DIR__); session_start();
        echo $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;""",
    "sqlite.php": """<?php $db = new PDO('sqlite::memory:'); $db->exec('create table t (x)');
        $db->exec('insert into t values (41)'); echo $db->query('select x + 1 from t')->fetchColumn();""",
    "suicide.php": "<?php posix_kill(getmypid(), 9);",
}


@pytest.fixture
def debian(start_tusk, make_root):
    return start_tusk(make_root(PAGES), "--workers", "2", programs=PROGRAMS)


def test_the_server_links_no_libphp():
    """Only the host does, whose name has the version, so that several can be side by side."""

    def dynamic(name: str) -> str:
        arguments = ["readelf", "-d", str(PROGRAMS / name)]
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout

    assert "libphp" not in dynamic("tusk-server") + dynamic("tusk")
    assert str(LIBRARY) in dynamic("tusk-php-host")
    assert os.readlink(PROGRAMS / "tusk-php-host") == "tusk-php-host-8.2"


def test_pages_of_debians_php(debian):
    hello = debian.get("/hello.php").text
    version = re.match(r"hello (8\.2\.\d+)", hello)[1]
    assert f"PHP {version}" in debian.start_line
    info = debian.get("/info.php").text
    assert re.search(r"Thread Safety.*?disabled", info)
    assert "/etc/php/8.2/embed/conf.d" in info
    body = os.urandom(300_000)
    sent = debian.post("/upload.php", files={"file": ("x", body)})
    assert sent.text == f"300000 {hashlib.md5(body).hexdigest()}"
    with debian.new_client() as client:
        assert [client.get("/session.php").text for _ in range(3)] == ["1", "2", "3"]
    assert debian.get("/sqlite.php").text == "42"


def test_a_killed_worker_costs_one_request(debian):
    pid = int(debian.get("/hello.php").text.split()[-1])
    os.kill(pid, signal.SIGKILL)
    assert debian.get("/hello.php").text.startswith("hello ")
    assert debian.get("/suicide.php").status_code == 502
    wait_for(lambda: debian.get("/hello.php").status_code == 200, "a worker in its place")


def test_what_check_and_version_tell():
    def run(*words):
        return subprocess.run(
            [PROGRAMS / "tusk", *words], capture_output=True, text=True, cwd=REPOSITORY
        )

    assert re.search(r"PHP 8\.2\.\d+ NTS", run("version").stdout)
    good = run("check", "--root", "examples/public")
    assert good.returncode == 0, good.stderr
    assert "php.ini: /etc/php/8.2/embed/php.ini" in good.stdout
    assert "pdo_sqlite" in good.stdout and "Zend OPcache" in good.stdout
    warned = run("check", "--root", "examples/public", "-d", "extension=no_such")
    assert "'no_such' cannot be loaded" in warned.stderr and "PHP 8.2, not thread-safe" in warned.stderr
    refused = run("check", "--root", "examples/public", "--engine", "threads")
    assert refused.returncode == 1 and 'set engine = "processes"' in refused.stderr
