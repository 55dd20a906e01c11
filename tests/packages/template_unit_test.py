"""tusk@.service, one service for each site: it is tusk.service but for its names, and systemd understands it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from packages.package_files_test import DEBIAN, needs

# What an instance has of its own.
OWN = {"Description", "ExecStart", "RuntimeDirectory", "StateDirectory", "LogsDirectory", "CacheDirectory"}


def lines(name: str) -> list:
    """The directives in their order, without comments."""
    text = (DEBIAN / name).read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_an_instance_differs_only_in_its_names():
    """It is confined as the service is, and stops and restarts in the same way."""
    service, template = lines("tusk.service.in"), lines("tusk@.service.in")
    assert len(service) == len(template) > 40
    differing = [(one, other) for one, other in zip(service, template) if one != other]
    assert {one.partition("=")[0] for one, _ in differing} == OWN
    for one, other in differing:
        assert one.partition("=")[0] == other.partition("=")[0] and "%i" in other, other


def test_two_instances_share_no_directory():
    """Each path has the instance's name, also that of the configuration and of the control socket."""
    for line in lines("tusk@.service.in"):
        name, _, value = line.partition("=")
        if name in OWN:
            assert all("%i" in word for word in value.split() if "tusk" in word and word != "/usr/bin/tusk") or (
                name == "Description"
            ), line


@pytest.fixture
def instance(tmp_path) -> Path:
    text = (DEBIAN / "tusk@.service.in").read_text()
    assert text.count("@TYPE@") == 1
    path = tmp_path / "tusk@shop.service"
    path.write_text(text.replace("@TYPE@", "Type=notify").replace("/usr/bin/tusk", "/bin/true"))
    return path


@needs("systemd-analyze")
def test_systemd_understands_it(instance):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", instance],
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "tusk" in line]
    assert ours == []


@needs("systemd-analyze")
def test_it_is_confined(instance):
    """As package_files_test.py has it of the service."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", instance],
        capture_output=True,
        text=True,
        timeout=60,
    )
    level = re.search(r"exposure level for tusk@shop.service: ([0-9.]+)", done.stdout)
    if level is None:
        pytest.skip("this systemd-analyze cannot look at a file: " + done.stderr[-200:])
    assert float(level[1]) <= 1.9, done.stdout


@needs("logrotate")
def test_logs_of_instances_are_rotated(tmp_path):
    """logrotate understands the file, and takes the logs of the instances, too."""
    text = (DEBIAN / "tusk.logrotate").read_text()
    logs = tmp_path / "tusk"
    (logs / "shop").mkdir(parents=True)
    for name in ("access.log", "shop/access.log"):
        (logs / name).write_text("a line\n")
    text = re.sub(r"\tsu tusk tusk\n|\tcreate .*\n", "", text).replace("/var/log/tusk", str(logs))
    text = text.replace("/run/tusk", str(tmp_path / "run"))
    configuration = tmp_path / "logrotate.conf"
    configuration.write_text(text)
    configuration.chmod(0o644)
    logrotate = shutil.which("logrotate")
    done = subprocess.run(
        [logrotate, "--force", "--state", tmp_path / "state", configuration], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert (logs / "access.log.1").exists() and (logs / "shop/access.log.1").exists()
