"""Where PHP's configuration comes from, and what PHP reports about itself."""

import re
import subprocess

import pytest

from harness.engine import ENGINES
from harness.php_build import is_debians
from harness.server import EXECUTOR, run_tusk

SHOW = """<?php
header('Content-Type: application/json');
echo json_encode([
    'loaded' => php_ini_loaded_file(), 'scanned' => php_ini_scanned_files(),
    'memory_limit' => ini_get('memory_limit'), 'charset' => ini_get('default_charset'),
    'precision' => ini_get('precision'), 'binary' => PHP_BINARY,
]);
"""


@pytest.fixture
def root(make_root):
    return make_root({"show.php": SHOW})


@pytest.fixture
def ini(tmp_path):
    """ini("name/php.ini", "memory_limit = 64M") writes a file, with its directories."""

    def make(name: str, text: str):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        return path

    return make


def test_without_a_php_ini(start_tusk, root):
    """PHP's own defaults and tusk's apply. Neither the root nor the working directory is
    searched, and PHP_BINARY is a PHP or empty, never tusk, which an application would start as a
    PHP."""
    (root / "php.ini").write_text("memory_limit = 64M\n")
    seen = start_tusk(root, cwd=root).get("/show.php").json()
    assert seen["memory_limit"] == "128M"
    if seen["binary"]:
        php = [seen["binary"], "-n", "-r", "echo PHP_SAPI;"]
        assert subprocess.run(php, capture_output=True, text=True).stdout == "cli"


@pytest.mark.built_php("Debian's has configuration files of its own")
@pytest.mark.parametrize("name", ["php.ini", "php-cli-server.ini"])
def test_a_file_or_a_directory(start_tusk, root, ini, name):
    """-c names either, and overrides PHPRC; -d overrides the file; the log says what was read."""
    file = ini(f"c/{name}", "memory_limit = 64M\ndefault_charset = koi8-r")
    other = ini("rc/php.ini", "memory_limit = 65M")
    for given in (file, file.parent):
        tusk = start_tusk(
            root,
            "-c",
            given,
            "-d",
            "default_charset=latin1",
            "--workers",
            2,
            env={"PHPRC": other.parent},
        )
        seen = tusk.get("/show.php").json()
        assert (seen["loaded"], seen["memory_limit"]) == (str(file), "64M")
        assert seen["charset"] == "latin1" and seen["scanned"] is False
        assert re.search(f", {file}, (in worker processes, )?2 workers", tusk.start_line)


@pytest.mark.built_php("Debian's has configuration files of its own")
def test_phprc(start_tusk, root, ini):
    """A file or a directory, as for PHP's own programs."""
    file = ini("rc/php.ini", "memory_limit = 65M")
    for given in (file, file.parent):
        seen = start_tusk(root, env={"PHPRC": given}).get("/show.php").json()
        assert (seen["loaded"], seen["memory_limit"]) == (str(file), "65M")


def test_scanned_directories(start_tusk, root, ini):
    """PHP_INI_SCAN_DIR names several directories; each is read in the order of names, and they
    override php.ini."""
    php_ini = ini("c/php.ini", "memory_limit = 64M\nprecision = 7\ndefault_charset = koi8-r")
    scanned = [
        ini("one/10-a.ini", "memory_limit = 65M"),
        ini("one/20-b.ini", "memory_limit = 66M\nprecision = 8"),
        ini("two/05-c.ini", "memory_limit = 67M"),
    ]
    ini("two/readme.txt", "memory_limit = 68M")
    path = f"{scanned[0].parent}:{scanned[2].parent}"
    tusk = start_tusk(root, "-c", php_ini, env={"PHP_INI_SCAN_DIR": path})
    seen = tusk.get("/show.php").json()
    assert [name.strip() for name in seen["scanned"].split(",")] == [str(s) for s in scanned]
    assert seen["loaded"] == str(php_ini)
    assert (seen["memory_limit"], seen["precision"], seen["charset"]) == ("67M", "8", "koi8-r")
    assert f", {php_ini} and 3 scanned, " in tusk.start_line


def test_check_names_the_files(root, ini):
    """`tusk check` starts PHP, runs the preload script alone, and passes on PHP's complaints. A
    directory with many files has one line, as Debian's has dozens."""
    preload = f"opcache.preload = {root}/preload.php\nopcache.preload_user = root"
    php_ini = ini("c/php.ini", f"extension = no_such\n{preload}")
    (root / "preload.php").write_text(f"<?php touch('{root}/was_run');")
    one, _, single = (ini(name, "precision = 7") for name in ("d/1.ini", "d/2.ini", "e/1.ini"))
    path = f"{one.parent}:{single.parent}"
    done = run_tusk("check", "--root", root, "-c", php_ini, env={"PHP_INI_SCAN_DIR": path})
    assert done.returncode == 0
    read = f"php.ini: {php_ini}\nalso read: {one.parent}/*.ini (2 files)\nalso read: {single}\n"
    assert read in done.stdout
    assert done.stderr.count("extension: 'no_such' cannot") == 1 and (root / "was_run").exists()
    assert f"opcache.preload: {root}/preload.php was run" in done.stdout
    bare = run_tusk("check", "--root", root)
    assert bare.stderr == ""
    if not is_debians():
        assert bare.stdout.endswith("php.ini: none\n")


def test_phpinfo(start_tusk, make_root):
    """It has a section about tusk with the limits in effect, and contains no secret."""
    root = make_root(
        {
            "info.php": "<?php phpinfo(INFO_GENERAL | INFO_MODULES);",
            "loaded.php": "<?php echo json_encode([extension_loaded('tusk'), phpversion('tusk')]);",
        }
    )
    tusk = start_tusk(
        root,
        "--workers",
        3,
        "--request-body-bytes",
        "77MiB",
        "-d",
        "error_append_string=directive-secret",
        env={"DATABASE_URL": "mysql://environment-secret", "SERVICE_NAME": "name-of-the-service"},
    )
    page = re.sub(r"<[^>]+>", " ", tusk.get("/info.php").text)
    assert re.search(r"Server API\s+tusk\s", page)
    at = page.index("request_body_bytes")
    section = page[at - 2000 : at + 1500]
    for row in (f"executor {EXECUTOR}", "php_workers 3", "queue_capacity 300", "request_body_bytes 77MiB"):
        name, value = row.split()
        assert re.search(rf"\b{name}\s+{value}\s", section), row
    assert "environment-secret" not in page and "name-of-the-service" not in page
    assert "127.0.0.1" not in section and "directive-secret" not in section
    loaded, version = tusk.get("/loaded.php").json()
    assert loaded is True and f"tusk {version} serves" in tusk.start_line


@pytest.mark.parametrize("engine", ENGINES)
def test_an_extension_may_complain_while_a_thread_starts(start_tusk, make_root, engine):
    """PHP sets the directives of each thread; mbstring does not know this encoding, and says so."""
    tusk = start_tusk(make_root({"a.php": "<?php echo ini_get('default_charset');"}), "--engine", engine,
                      "-d", "default_charset=cp874", "-d", "display_startup_errors=1", "-d", "display_errors=1")
    assert tusk.get("/a.php").text == "cp874"
