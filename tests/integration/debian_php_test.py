"""Debian's own PHP, which is not thread-safe, in worker processes: what `make build PHP=debian` builds.
The tests are left out where that has not been built."""

import hashlib
import os
import re
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
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
    "suicide.php": "<?php exec('kill -9 ' . getmypid());",
    "signal.php": "<?php echo json_encode([posix_kill(getmypid(), 9), posix_strerror(posix_get_last_error())]);",
    "root.php": "<?php echo json_encode([@chroot(__DIR__), file_exists('/proc/self/stat')]);",
    "time.php": "<?php set_time_limit(1); for (;;);",
    "wait.php": """<?php set_time_limit(1);
        curl_exec(curl_init("http://127.0.0.1:$_GET[port]/"));""",
}

# An extension whose state belongs to the process, not to a request or a thread.
UNSAFE = """
    #include <php.h>
    #include <unistd.h>
    static zend_long kept;
    PHP_FUNCTION(unsafe_keep) {
      if (zend_parse_parameters(ZEND_NUM_ARGS(), "l", &kept) == FAILURE) return;
      usleep(2000);
      RETURN_LONG(kept);
    }
    ZEND_BEGIN_ARG_INFO_EX(arguments, 0, 0, 1)
      ZEND_ARG_INFO(0, number)
    ZEND_END_ARG_INFO()
    static const zend_function_entry functions[] = {PHP_FE(unsafe_keep, arguments) PHP_FE_END};
    static zend_module_entry module = {STANDARD_MODULE_HEADER, "unsafe", functions, NULL, NULL, NULL,
                                       NULL, NULL, NO_VERSION_YET, STANDARD_MODULE_PROPERTIES};
    ZEND_DLEXPORT zend_module_entry* get_module(void) { return &module; }
"""


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


def test_extensions_in_files_call_what_tusk_replaces(debian):
    """posix and curl are files of their own, which PHP would bind to libc directly."""
    assert debian.get("/signal.php").json() == [False, "Operation not permitted"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = debian.get("/wait.php", params={"port": silent.getsockname()[1]})
    assert answer.status_code == 500
    debian.wait_for_log("Maximum execution time of 1 second exceeded in .*wait.php")


def test_a_script_keeps_its_root_directory(debian):
    """This PHP has chroot(), which would move all later requests of the worker."""
    assert debian.get("/root.php").json() == [False, True]


def test_a_time_limit_is_logged_with_a_time_zone_of_the_system(start_tusk, make_root, tmp_path):
    """Debian's PHP reads the time zone from a file, when the script's time is over already."""
    log = tmp_path / "php.log"
    tusk = start_tusk(
        make_root(PAGES),
        *("-d", f"error_log={log}", "-d", "date.timezone=Europe/Berlin"),
        programs=PROGRAMS,
    )
    assert tusk.get("/time.php").status_code == 500
    assert re.search(r"Europe/Berlin\] PHP Fatal error:  Maximum execution time of 1 second", log.read_text())


def test_an_extension_that_is_not_thread_safe(start_tusk, make_root, tmp_path):
    """Its variables are the process's. Many requests at once, and none sees another's value."""
    source, library = tmp_path / "unsafe.c", tmp_path / "unsafe.so"
    source.write_text(UNSAFE)
    config = ["/usr/bin/php-config8.2", "--includes"]
    includes = subprocess.run(config, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", *includes, "-o", library, source], check=True)
    tusk = start_tusk(
        make_root({"keep.php": "<?php echo unsafe_keep($_GET['n']), ' ', getmypid();"}),
        *("--workers", 4, "-d", f"extension={library}"),
        programs=PROGRAMS,
    )

    def ask(number: int) -> list:
        return tusk.get("/keep.php", params={"n": number}).text.split()

    with ThreadPoolExecutor(8) as clients:
        kept, processes = zip(*clients.map(ask, range(200)), strict=True)
    assert [*map(int, kept)] == [*range(200)]
    assert len({*processes}) > 1


def test_what_check_and_version_tell():
    def run(*words):
        return subprocess.run(
            [PROGRAMS / "tusk", *words], capture_output=True, text=True, cwd=REPOSITORY
        )

    assert re.search(r"PHP 8\.2\.\d+ NTS", run("version").stdout)
    good = run("check", "--root", "examples/public")
    assert good.returncode == 0, good.stderr
    assert "php.ini: /etc/php/8.2/embed/php.ini" in good.stdout
    assert re.search(r"also read: /etc/php/8\.2/embed/conf\.d/\*\.ini \(\d+ files\)\n", good.stdout)
    assert good.stdout.count("also read: ") == 1
    assert "pdo_sqlite" in good.stdout and "Zend OPcache" in good.stdout
    warned = run("check", "--root", "examples/public", "-d", "extension=no_such")
    assert "'no_such' cannot be loaded" in warned.stderr and "PHP 8.2, not thread-safe" in warned.stderr
    refused = run("check", "--root", "examples/public", "--engine", "threads")
    assert refused.returncode == 1 and 'set engine = "processes"' in refused.stderr
