"""What the Debian packages are made of, without building one: the unit, the scripts, the manual pages, the
completions and the configuration are right. package_drill.py installs the packages themselves."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.server import TUSK

REPOSITORY = Path(__file__).resolve().parents[2]
DEBIAN = REPOSITORY / "packaging/debian"
SERVER = TUSK.with_name("tusk-server")


def needs(program: str):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def tusk_help(*arguments: str) -> str:
    done = subprocess.run([SERVER, "help", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unit(tmp_path: Path) -> Path:
    """The service as packaging/build.sh makes it for Debian 12, with a program that exists here."""
    text = (DEBIAN / "tusk.service.in").read_text()
    assert text.count("@TYPE@") == 1
    path = tmp_path / "tusk.service"
    path.write_text(text.replace("@TYPE@", "Type=notify").replace("/usr/bin/tusk", "/bin/true"))
    shutil.copy(DEBIAN / "tusk.socket", tmp_path)
    return path


@needs("systemd-analyze")
def test_the_units_are_understood(tmp_path):
    """systemd knows every directive and each of its values."""
    path = unit(tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path, path.with_suffix(".socket")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    # Units of other packages may have faults.
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "tusk" in line]
    assert ours == []


@needs("systemd-analyze")
def test_the_service_is_confined(tmp_path):
    """systemd counts the exposure of the service, 10 at most: nginx's has 9.6. Without a change of this test it does
    not rise."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", unit(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    level = re.search(r"exposure level for tusk.service: ([0-9.]+)", done.stdout)
    if level is None:
        pytest.skip("this systemd-analyze cannot look at a file: " + done.stderr[-200:])
    assert float(level[1]) <= 1.9, done.stdout


SCRIPTS = [
    path
    for path in sorted(DEBIAN.iterdir()) + sorted(DEBIAN.parent.glob("*.sh"))
    if re.search(r"\.(postinst|prerm|postrm|sh)(\.in)?$", path.name)
] + [DEBIAN.parent / "tusk-ext"]


@needs("shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_right(script):
    """shellcheck finds nothing in the scripts that run as root on others' machines."""
    text = script.read_text().replace("#DEBHELPER#", "")
    parts = ["-a"] if script.name == "tusk-ext" else []
    done = subprocess.run(
        ["shellcheck", "-x", *parts, "-"], input=text, capture_output=True, text=True, cwd=DEBIAN.parent
    )
    assert done.returncode == 0, done.stdout


def test_the_scripts_are_there():
    """The test above has something to look at."""
    assert len(SCRIPTS) >= 7


@needs("mandoc")
@pytest.mark.parametrize("page", ["tusk.1", "tusk.toml.5"])
def test_manual_pages_are_right(page, tmp_path):
    """mandoc reads the page without an error, and shows it."""
    path = tmp_path / page
    path.write_text(tusk_help("--man", page))
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "error", path], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout
    shown = subprocess.run(["mandoc", "-T", "utf8", path], capture_output=True, text=True).stdout
    plain = re.sub(".\b", "", shown)
    assert "document_root" in plain if page.endswith("5") else "--root DIR" in plain


@needs("mandoc")
def test_the_manual_page_of_tusk_ext_is_right():
    page = DEBIAN.parent / "tusk-ext.1"
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout
    usage = subprocess.run([DEBIAN.parent / "tusk-ext", "--help"], capture_output=True, text=True).stdout
    shown = re.sub(".\b", "", subprocess.run(["mandoc", "-T", "utf8", page], capture_output=True, text=True).stdout)
    options = re.findall(r"^  (--[a-z-]+)", usage, re.M)
    assert len(options) >= 5
    for option in options:
        assert option in shown, option


def complete(*words: str) -> list:
    """What bash offers after the words; the last one is not complete."""
    script = (
        f"{tusk_help('--completions', 'bash')}\n"
        f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}\n"
        '_tusk; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-uc", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_bash_completes():
    """Commands, their own flags, tusk's options, and the values of an option."""
    assert complete("tusk", "rel") == ["reload"]
    assert complete("tusk", "reload", "--p") == ["--php"]
    assert complete("tusk", "--doc") == []
    assert {"--strict", "--static-only"} <= set(complete("tusk", "check", "--st"))
    assert "--strict" not in complete("tusk", "route", "--st")
    assert complete("tusk", "serve", "--log-format", "j") == ["json"]
    assert complete("tusk", "--root", str(REPOSITORY / "READ")) == [str(REPOSITORY / "README.md")]


@needs("zsh")
def test_zsh_reads_its_completion():
    text = tusk_help("--completions", "zsh")
    assert subprocess.run(["zsh", "-n"], input=text, text=True, capture_output=True).stderr == ""


@needs("fish")
def test_fish_reads_its_completion():
    text = tusk_help("--completions", "fish")
    assert subprocess.run(["fish", "-n"], input=text, text=True, capture_output=True).stderr == ""


def test_other_pages_and_shells_are_refused():
    for arguments in (["--man", "tusk.9"], ["--completions", "tcsh"]):
        done = subprocess.run([SERVER, "help", *arguments], capture_output=True, text=True)
        assert done.returncode == 2 and "takes" in done.stderr
    done = subprocess.run([SERVER, "check", "--man", "tusk.1"], capture_output=True, text=True)
    assert done.returncode == 2 and "--man belongs to tusk help" in done.stderr


def test_the_configuration_of_the_package_is_understood():
    """Every key of it is an option, and nothing but the directories of the service is missing."""
    done = subprocess.run(
        [TUSK, "config", "--config", REPOSITORY / "packaging/etc/tusk.toml"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    problems = [line for line in done.stderr.splitlines() if "/usr/share/tusk" not in line and "/var/" not in line]
    assert problems == []


def test_every_file_of_the_package_is_installed_from_somewhere():
    """Each line of an .install names a file of the sources, or one that the build makes."""
    for list_of_files in DEBIAN.glob("*.install*"):
        for line in list_of_files.read_text().splitlines():
            source = line.split()[0]
            assert source.startswith("build/") or (REPOSITORY / source).exists(), line
