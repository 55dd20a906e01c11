"""PHP as it runs inside the server: version, SAPI, OPcache, ini settings, sessions, time limits,
working directory."""

import concurrent.futures
import json

import pytest

from harness.php_build import is_older_than
from harness.server import PHP_SCRIPTS, needs_cached_scripts, needs_signals

# The extensions that real applications need.
EXTENSIONS = """
    bcmath ctype curl dom exif fileinfo filter gd hash iconv intl json mbstring mysqli openssl
    pcntl pcre PDO pdo_mysql pdo_pgsql pdo_sqlite Phar random readline session SimpleXML sockets
    sodium SPL tokenizer xml xmlreader xmlwriter zip zlib
""".split() + ["Zend OPcache"]


@pytest.mark.needs_threads
def test_the_php_version(tusk):
    """The PHP that tools/setup/php.sh builds: 8.4, thread-safe, under the SAPI name that applications
    expect of production servers, with the extensions that they need; the start-up line has the same
    version."""
    seen = tusk.get("/runtime.php").json()
    assert seen["version"].startswith("8.4.") and seen["zts"] is True
    assert seen["sapi"] == seen["sapi_name"] == "fpm-fcgi"
    assert seen["version"] in tusk.start_line
    have = {name.lower() for name in seen["extensions"]}
    assert not [name for name in EXTENSIONS if name.lower() not in have]


@needs_cached_scripts
def test_opcache_is_on_and_shared(tusk):
    """A script that has run is in the cache, and every worker uses it from there."""
    for _ in range(20):
        tusk.get("/hello.php")
    before = tusk.get("/runtime.php").json()
    assert before["opcache_enabled"] is True and before["opcache_scripts"] >= 2
    for _ in range(50):
        tusk.get("/hello.php")
    assert tusk.get("/runtime.php").json()["opcache_hits"] >= before["opcache_hits"] + 50


def test_a_changed_script_is_noticed(start_tusk, make_root):
    """OPcache checks the file again: a saved edit shows (at once with revalidate_freq=0)."""
    root = make_root({"page.php": "<?php echo 'one';"})
    tusk = start_tusk(root, "-d", "opcache.revalidate_freq=0")
    assert tusk.get("/page.php").text == "one"
    new = root / "new"
    new.write_text("<?php echo 'another';")
    new.rename(root / "page.php")
    assert tusk.get("/page.php").text == "another"


def test_the_working_directory_is_the_scripts(tusk, start_tusk, make_root):
    """Relative paths and includes start at the script's directory, like under PHP-FPM."""
    seen = tusk.get("/runtime.php").json()
    assert seen["cwd"] == seen["script_dir"] == str(tusk.root)
    assert seen["included"] == [str(tusk.root / "runtime.php")]
    root = make_root(
        {
            "a/b/x.php": "<?php include '../part.inc.php'; include 'own.php';",
            "a/part.inc.php": "<?php echo 'part ';",
            "a/b/own.php": "<?php echo getcwd();",
        }
    )
    assert start_tusk(root).get("/a/b/x.php").text == f"part {root}/a/b"


def ini(tusk, *names) -> dict:
    return tusk.get("/ini.php", params={"names": ",".join(names)}).json()


def test_ini_defaults(tusk):
    """Safe for a server: errors are logged, not shown."""
    assert ini(tusk, "display_errors", "log_errors", "register_argc_argv", "memory_limit") == {
        "display_errors": "0",
        "log_errors": "1",
        "register_argc_argv": "0",
        "memory_limit": "128M",
    }


def test_ini_directives_on_the_command_line(start_tusk):
    """-d in all its forms: an expression of constants, an extension's directive; the last one
    wins."""
    tusk = start_tusk(
        PHP_SCRIPTS,
        "-d",
        "memory_limit=200M",
        "-dprecision=7",
        "--define",
        "session.gc_maxlifetime=77",
        "-d",
        "precision=9",
        "-d",
        "include_path=.:/x",
        "-d",
        "error_reporting=E_ALL & ~E_NOTICE",
    )
    assert ini(
        tusk,
        "memory_limit",
        "precision",
        "session.gc_maxlifetime",
        "error_reporting",
        "include_path",
    ) == {
        "memory_limit": "200M",
        "precision": "9",
        "session.gc_maxlifetime": "77",
        "error_reporting": str((32767 if is_older_than("8.4") else 30719) & ~8),
        "include_path": ".:/x",
    }


@pytest.mark.parametrize("as_directory", [False, True])
def test_a_php_ini_file(start_tusk, tmp_path, as_directory):
    """-c FILE and -c DIRECTORY are read, and -d overrides them."""
    (tmp_path / "php.ini").write_text("memory_limit = 64M\nprecision = 11\ndisplay_errors = 1\n")
    tusk = start_tusk(
        PHP_SCRIPTS, "-c", tmp_path if as_directory else tmp_path / "php.ini", "-d", "precision=12"
    )
    assert ini(tusk, "memory_limit", "precision", "display_errors") == {
        "memory_limit": "64M",
        "precision": "12",
        "display_errors": "1",
    }


def test_sessions(tusk, tmp_path):
    """The files handler: it counts requests, separately for each visitor, and a destroyed
    session is gone."""
    with tusk.new_client() as one, tusk.new_client() as two:
        assert [one.get(f"/session.php?note=n{i}").text for i in range(3)] == [
            "1 n0",
            "2 n0",
            "3 n0",
        ]
        assert two.get("/session.php?note=other").text == "1 other"
        cookie = one.cookies["PHPSESSID"]
        assert cookie != two.cookies["PHPSESSID"]
        assert one.get("/session.php?end=1").text == "4 n0"
        assert one.get("/session.php?note=new").text == "1 new"


def test_a_session_is_locked_while_it_is_used(tusk):
    """Parallel requests of one visitor wait for the session's lock; no count is lost."""
    with tusk.new_client() as visitor:
        visitor.get("/session.php")
        cookie = {"PHPSESSID": visitor.cookies["PHPSESSID"]}

    def count(_):
        with tusk.raw() as connection:
            return int(
                connection.get(
                    "/session.php", f"Cookie: PHPSESSID={cookie['PHPSESSID']}"
                ).text.split()[0]
            )

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(count, range(60))) == list(range(2, 62))


@needs_signals
def test_max_execution_time_is_in_force(start_tusk, make_root):
    """The ini setting ends an endless loop (the script does not set it itself), on several
    workers at the same time, and each worker goes on afterwards."""
    root = make_root({"loop.php": "<?php while (true);", "ok.php": "<?php echo 'ok';"})
    tusk = start_tusk(root, "--workers", 2, "-d", "max_execution_time=1")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        loops = [pool.submit(lambda: tusk.raw().get("/loop.php").status) for _ in range(2)]
        assert [loop.result() for loop in loops] == [500, 500]
    assert tusk.get("/ok.php").text == "ok"


def test_a_script_cannot_change_the_process_environment(tusk):
    """The next request does not see putenv() of an earlier one."""
    for _ in range(4):
        tusk.get("/stain.php")
    assert {json.dumps(tusk.get("/state.php").json()["getenv"]) for _ in range(10)} == {"false"}


def test_workers_run_at_the_same_time(start_tusk, tmp_path):
    """Four scripts that wait for one another all finish on four workers."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 4)
    gate = tmp_path / "gate"
    connections = [
        tusk.raw().request("GET", f"/gate.php?until={gate}&began={tmp_path / f'began{n}'}")
        for n in range(4)
    ]
    tusk.wait_for_metric(4, "tusk_workers", state="busy")
    gate.touch()
    assert {connection.response().text for connection in connections} == {"through the gate\n"}
    tusk.wait_for_metric(4, "tusk_workers", state="idle")
