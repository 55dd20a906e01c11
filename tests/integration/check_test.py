"""`tusk check`, and the same warnings at a start: the messages about a broken configuration."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.broken_configurations import CASES, ROOT
from harness.server import BINARY, environment, run_tusk
from harness.wait import PATIENCE_S

@pytest.fixture
def place(tmp_path):
    """A directory that contains a site."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.php").write_text("<?php echo 'here';")
    return tmp_path


def lines_of(text: str, place) -> list:
    said = []
    for line in text.splitlines():
        assert line.startswith("tusk: "), line
        line = line.removeprefix("tusk: ").replace(str(place), "{dir}")
        line = re.sub(r"/\S*?/(extensions/[^/ ]+|php/\d+)/", "{extensions}/", line)
        said.append(re.sub(r"PHP [\d.]+, (not )?thread-safe", "{php}", line))
    return said


@pytest.mark.parametrize("name", CASES)
def test_a_broken_configuration_says_what_to_do(place, name):
    """Exactly these lines are printed, and none about mere consequences of them."""
    case = CASES[name]
    for file, text in case.files.items():
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(text)
    args = [case.command] if case.command else []
    if case.toml is not None:
        (place / "t.toml").write_bytes(case.toml if isinstance(case.toml, bytes) else case.toml.encode())
        args += ["--config", "t.toml"]
    done = run_tusk(*args, *case.args, env=case.env, cwd=place)
    assert lines_of(done.stderr, place) == case.says
    assert done.returncode == case.status
    warnings = len(case.says)
    counted = f"configuration ok, {warnings} warning" + ("s" if warnings > 1 else "") + "\n"
    assert done.stdout.startswith(counted) if case.status == 0 else done.stdout == ""


def test_there_are_enough_broken_configurations():
    assert len(CASES) >= 60


def test_a_valid_configuration_has_no_warnings(place):
    """The output has no warning, lists the extensions, and names the user as whom files were
    checked; --strict changes nothing."""
    for args in ((), ("--strict",)):
        done = run_tusk("check", *args, "--root", place / "site")
        assert done.returncode == 0 and done.stderr == ""
        assert done.stdout.startswith("configuration ok\n")
        extensions = re.search(r"^extensions: (.*)$", done.stdout, re.M)[1].split()
        assert {"Core", "json", "tusk"} <= set(extensions)
        assert f"(uid {os.geteuid()})" in done.stdout


def test_strict_makes_warnings_errors(place):
    """Status 2 and no "ok"; the warnings are the same."""
    args = ("--root", place / "site", "-d", "memory_limt=1G", "--https-redirect", "308")
    lax, strict = run_tusk("check", *args), run_tusk("check", "--strict", *args)
    assert lax.returncode == 0 and lax.stdout.startswith("configuration ok, 2 warnings\n")
    assert strict.returncode == 2 and strict.stdout == ""
    assert strict.stderr == lax.stderr + "tusk: not ok: 2 warnings, and --strict makes them errors\n"
    for command in ("serve", "config", "route"):
        done = run_tusk(command, "--strict", "--root", place / "site")
        assert done.returncode == 2 and "--strict belongs to tusk check" in done.stderr


def test_a_start_logs_the_same_warnings(start_tusk, place):
    """They appear once each as lines of the log, and the server starts."""
    (place / "t.toml").write_text(ROOT + 'https_redirect = "308"\n[php]\nmemory_limt = "1G"\n')
    tusk = start_tusk(
        None, "--config", place / "t.toml", "-d", "session.save_path=/nowhere",
        env={"PHP_WORKER": "4", "ACCESS_LOG": "/var/log/a.log"},
    )  # fmt: skip
    for text in (
        r"https_redirect: is an endless redirect",
        r"\[php\] memory_limt: no loaded extension.*did you mean memory_limit\?",
        r"session\.save_path: /nowhere: No such file",
        r"PHP_WORKER is not known",
        r"ACCESS_LOG: .*another program's variable",
    ):
        tusk.wait_for_log(rf"warn +.*{text}")
    assert tusk.get("/").status_code == 308


def test_a_tusk_variable_overrides_the_common_name(place):
    """TUSK_X overrides X; having both is no mistake, in whatever order they come."""
    done = run_tusk("config", "--root", place / "site", env={"LOG_LEVEL": "debug", "TUSK_LOG_LEVEL": "error"})
    assert re.search(r'^log_level = "error" +# environment TUSK_LOG_LEVEL$', done.stdout, re.M), done.stdout
    # An older name, with the prefix.
    done = run_tusk("config", "--root", place / "site", env={"TUSK_PHP_WORKERS": "3"})
    assert re.search(r"^php_workers = 3 +# environment TUSK_PHP_WORKERS$", done.stdout, re.M)


# --- as a user without permission ---

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
NOBODY = 65534


def without_override(*args, cwd) -> subprocess.CompletedProcess:
    """Runs as the current user, but without root's right to ignore permissions: like any user,
    but able to read the program and its libraries wherever they were built."""
    return subprocess.run(
        ["setpriv", "--bounding-set=-dac_override,-dac_read_search", BINARY, *map(str, args)],
        capture_output=True, text=True, env=environment(), cwd=cwd, timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def give_away(path: Path, mode: int):
    os.chown(path, NOBODY, NOBODY)
    path.chmod(mode)


def denied(path) -> str:
    return f"{path}: Permission denied for user root (uid 0): "


@AS_ROOT
def test_a_permission_error_names_the_user_and_a_remedy(place):
    (place / "closed").mkdir()
    shutil.copytree(place / "site", place / "closed" / "site")
    give_away(place / "closed", 0o700)
    done = without_override("check", "--root", place / "closed" / "site", cwd=place)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert denied(place / "closed/site") + f"{place}/closed is drwx------ of nobody:" in done.stderr
    assert done.stderr.endswith(f"; grant access, for example: setfacl -m u:root:x {place}/closed\n")

    (place / "tusk.toml").write_text(ROOT)
    give_away(place / "tusk.toml", 0o600)
    done = without_override("check", "--config", "tusk.toml", cwd=place)
    assert done.returncode == 2
    assert denied(place / "tusk.toml") + f"{place}/tusk.toml is -rw------- of nobody:" in done.stderr
    assert done.stderr.endswith(f"setfacl -m u:root:r {place}/tusk.toml\n")


@AS_ROOT
def test_paths_that_scripts_may_not_use_are_warnings(place):
    """The first script, the sessions' directory, a socket's directory."""
    give_away(place / "site" / "index.php", 0o600)
    for name in ("sessions", "run"):
        (place / name).mkdir()
        give_away(place / name, 0o755)
    done = without_override(
        "check", "--root", "site", "-d", f"session.save_path={place}/sessions",
        "--listen", f"unix:{place}/run/tusk.sock", cwd=place,
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout.startswith("configuration ok, 3 warnings\n"), done.stderr
    assert denied(place / "site/index.php") in done.stderr
    assert f"-d session.save_path: {denied(place / 'sessions')}" in done.stderr
    assert f"setfacl -m u:root:wx {place}/sessions" in done.stderr
    assert f"--listen: unix:{place}/run/tusk.sock: Permission denied for user root" in done.stderr
    assert "files were checked as user root (uid 0)" in done.stdout


@AS_ROOT
def test_a_port_and_a_socket_that_may_not_be_opened(place):
    """At a start the message names the user and a remedy."""
    args = ("--root", "site", "--internal-addr", "off", "--listen")
    done = subprocess.run(
        ["setpriv", "--bounding-set=-net_bind_service", "unshare", "--net", BINARY, *args, "127.0.0.1:80"],
        capture_output=True, text=True, env=environment(), cwd=place, timeout=PATIENCE_S,
    )  # fmt: skip
    if "unshare" not in done.stderr and "Cannot assign" not in done.stderr:
        assert "Permission denied for user root (uid 0): a low port needs CAP_NET_BIND_SERVICE" in done.stderr
    (place / "run").mkdir()
    give_away(place / "run", 0o755)
    done = without_override(*args, f"unix:{place}/run/tusk.sock", cwd=place)
    assert done.returncode == 1
    assert f"tusk.sock: Permission denied for user root (uid 0): {place}/run is drwxr-xr-x of nobody:" in done.stderr
    assert f"setfacl -m u:root:wx {place}/run" in done.stderr


@AS_ROOT
def test_a_private_key_that_may_not_be_read(place):
    for name in ("cert.pem", "key.pem"):
        (place / name).write_text("x")
    give_away(place / "key.pem", 0o600)
    done = without_override(
        "check", "--root", "site", "--listen", ":8443",
        "--tls-cert", "cert.pem", "--tls-key", "key.pem", cwd=place,
    )  # fmt: skip
    assert done.returncode == 1 and f"tls_key: {denied(place / 'key.pem')}" in done.stderr
