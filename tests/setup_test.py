"""The set-up scripts report each step, show the end of the log when a step fails, leave no
process behind when interrupted, and install packages with sudo if it exists."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from harness.wait import wait_for

SETUP = Path(__file__).parents[1] / "tools/setup"


def run(script: str, prefix, **variables) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script, "setup"],
        env={**os.environ, "TUSK_PREFIX": str(prefix), "SETUP": str(SETUP), **variables},
        text=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


STEPS = """
source "$SETUP/env.sh"
step "$log_dir/x.log" 'first' bash -c 'echo said by the first'
step "$log_dir/x.log" 'second' bash -c 'for i in {1..60}; do echo "line $i"; done; exit 3'
echo 'not reached'
"""


def test_a_failure_shows_the_end_of_its_log(tmp_path):
    """The output has a line for each step, then the status, the log's name and its last lines;
    the exit status is 1."""
    done = run(STEPS, tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "  first" and lines[1].startswith("    done in ") and lines[2:] == ["  second"]
    log = tmp_path / "logs/x.log"
    assert f"second failed (status 3); the last lines of {log}:" in done.stderr
    shown = done.stderr.splitlines()[1:]
    assert shown[0] == "    line 21" and shown[-1] == "    line 60"
    assert "said by the first" in log.read_text()


def test_an_interrupt_stops_all_of_a_step(tmp_path):
    """The next run does not find a compiler of this one still running."""
    pid = tmp_path / "pid"
    step = f"""source "$SETUP/env.sh"; step "$log_dir/x.log" 'long' bash -c '
      sleep 300 & echo $! >{pid}.new; mv {pid}.new {pid}; wait'"""
    setup = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", step, "setup"],
        env={**os.environ, "TUSK_PREFIX": str(tmp_path), "SETUP": str(SETUP)},
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    wait_for(pid.exists, "the step's own child")
    setup.send_signal(signal.SIGTERM)
    _, error = setup.communicate(timeout=60)
    assert setup.returncode == 1 and "interrupted; run it again to continue" in error
    child = Path(f"/proc/{pid.read_text().strip()}/stat")
    wait_for(lambda: not child.exists() or " Z " in child.read_text(), "the child's end")


# Makes the script see a user other than root: EUID cannot be set from outside.
AS_USER = """
sed 's/((EUID == 0)) && return/:/' "$SETUP/deps.sh" >"$COPY/deps.sh"
bash "$COPY/deps.sh" check
"""


@pytest.fixture
def user(tmp_path):
    """user(path=...) runs deps.sh as a user who lacks a package."""
    copy = tmp_path / "setup"
    shutil.copytree(SETUP, copy)
    with (copy / "packages.check").open("a") as packages:
        packages.write("no-such-package-of-debian\n")

    def deps(path: str) -> subprocess.CompletedProcess:
        return run(AS_USER, tmp_path / "prefix", COPY=str(copy), PATH=path)

    return deps


def without_sudo(tmp_path) -> str:
    """Returns a PATH with every program that the script runs, except sudo."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for directory in ("/bin", "/usr/bin"):
        for program in Path(directory).iterdir():
            link = tools / program.name
            if program.name != "sudo" and not link.is_symlink():
                link.symlink_to(program)
    return str(tools)


def test_neither_root_nor_sudo(user, tmp_path):
    """The message has one line to copy, with the command that an administrator has to run."""
    done = user(without_sudo(tmp_path))
    assert done.returncode == 1
    assert "neither root nor sudo" in done.stderr
    assert "apt-get install --no-install-recommends" in done.stderr
    assert "no-such-package-of-debian" in done.stderr


def test_packages_are_installed_by_sudo(user, tmp_path):
    """Only apt-get runs under sudo; packages that it could not install are named."""
    tools = without_sudo(tmp_path)
    said = tmp_path / "sudo.log"
    sudo = Path(tools) / "sudo"
    sudo.write_text(f'#!/bin/bash\necho "$*" >>{said}\n')
    sudo.chmod(0o755)
    done = user(tools)
    assert done.returncode == 1
    assert "still missing after the installation: " in done.stderr
    calls = said.read_text().splitlines()
    assert any("apt-get -q update" in call for call in calls)
    assert "install" in calls[-1] and calls[-1].endswith("no-such-package-of-debian")
    assert "Debian packages are missing; log: " in done.stdout


@pytest.mark.parametrize(
    ("version", "options", "sapis", "complaint"),
    [
        ("8.1.7", "--enable-zts", "cli embed", "it is PHP 8.1.7; 8.2, 8.3, 8.4 or 8.5 is needed"),
        ("8.4.5", "--enable-zts", "cli fpm", "its embed SAPI is missing"),
    ],
)
def test_a_php_that_is_not_fit(tmp_path, version, options, sapis, complaint):
    """With a PHP_CONFIG of the user's own, each missing feature is reported on a line."""
    config = tmp_path / "php-config"
    config.write_text(
        f"#!/bin/sh\ncase $1 in --version) echo {version};; --configure-options) echo '{options}';;"
        f" --php-sapis) echo '{sapis}';; *) echo {tmp_path};; esac\n"
    )
    config.chmod(0o755)
    done = run('"$SETUP/php.sh"', tmp_path, PHP_CONFIG=str(config))
    assert done.returncode == 1
    assert f"PHP_CONFIG={config} cannot be used" in done.stderr and complaint in done.stderr


def test_a_source_of_another_series(tmp_path):
    """PHP_SOURCE is a release's tarball; it must be of the series that is to be built."""
    header = tmp_path / "php-8.4.5/main/php_version.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PHP_VERSION "8.4.5"\n#define PHP_VERSION_ID 80405\n')
    tarball = tmp_path / "php-8.4.5.tar.xz"
    subprocess.run(["tar", "-C", tmp_path, "-cJf", tarball, "php-8.4.5"], check=True)
    done = run('"$SETUP/php.sh"', tmp_path, PHP_SERIES="8.5", PHP_SOURCE=str(tarball), PHP_CONFIG="")
    assert done.returncode == 1
    assert f"{tarball} is no release of PHP 8.5: 8.4.5" in done.stderr


def test_the_series_has_a_recipe_of_its_own(tmp_path):
    """What was built of one series is not taken for another."""
    recipe = """sed 's/^main "$@"/recipe_hash/' "$SETUP/php.sh" >"$TUSK_PREFIX/recipe.sh"
        cp "$SETUP/env.sh" "$TUSK_PREFIX"; bash "$TUSK_PREFIX/recipe.sh"
        """
    hashes = {series: run(recipe, tmp_path, PHP_SERIES=series).stdout.strip() for series in ("", "8.4", "8.5")}
    assert hashes[""] == hashes["8.4"] != hashes["8.5"], hashes
