"""`tusk init` writes a configuration that serves the application, and never takes away a file."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from harness.server import TUSK


def init(directory, *arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [TUSK, "init", *arguments],
        cwd=directory,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        **options,
    )


@pytest.fixture
def laravel(tmp_path):
    """A project that has Laravel's files."""
    project = tmp_path / "shop"
    (project / "public").mkdir(parents=True)
    (project / "artisan").write_text("")
    (project / "public/index.php").write_text("<?php echo 'shop ', $_SERVER['REQUEST_URI'];")
    return project


def test_the_written_configuration_serves_the_application(tmp_path, laravel, start_tusk):
    """The application is recognised, the file is checked, and tusk serves it."""
    done = init(tmp_path, "--root", str(laravel), "--listen", "127.0.0.1:0", "--output", "tusk.toml", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Laravel in " + str(laravel / "public") in done.stdout
    assert "Next: tusk --config tusk.toml" in done.stdout
    text = (tmp_path / "tusk.toml").read_text()
    assert 'preset = "laravel"' in text and "access_log = true" in text
    server = start_tusk(None, "--config", tmp_path / "tusk.toml")
    assert server.get("/any/page").text == "shop /any/page"


def test_a_file_is_replaced_only_by_force(tmp_path, laravel):
    """Without --force nothing is written; with it the old file is kept."""
    file = tmp_path / "tusk.toml"
    file.write_text("# mine\n")
    arguments = ["--root", str(laravel), "--yes", "--output", str(file)]
    done = init(tmp_path, *arguments)
    assert done.returncode == 1 and "exists; --force replaces it" in done.stderr
    assert file.read_text() == "# mine\n"
    done = init(tmp_path, *arguments, "--force")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tusk.toml.old").read_text() == "# mine\n" and "laravel" in file.read_text()


def test_the_package_s_own_file_may_be_replaced(tmp_path, laravel):
    """It is nobody's work."""
    file = tmp_path / "tusk.toml"
    file.write_bytes((Path(__file__).resolve().parents[2] / "packaging/etc/tusk.toml").read_bytes())
    done = init(tmp_path, "--root", str(laravel), "--yes", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert 'preset = "laravel"' in file.read_text() and not (tmp_path / "tusk.toml.old").exists()


def test_what_is_no_application_is_refused(tmp_path):
    """The reason is said, and nothing is written."""
    (tmp_path / "empty").mkdir()
    for arguments, reason in [
        (["--yes"], "--root DIR is needed"),
        (["--root", "gone"], "is not a directory"),
        (["--root", "empty"], "there is no application in"),
    ]:
        done = init(tmp_path, *arguments, "--output", "tusk.toml")
        assert done.returncode == 1 and reason in done.stderr
    done = init(tmp_path, "--root", "empty", "--output", "-", "--preset", "none", "--host", "example.org")
    assert done.returncode == 0 and 'warm_up = ["http://example.org/"]' in done.stdout
    assert not (tmp_path / "tusk.toml").exists()
    assert init(tmp_path, "--workers", "3").returncode == 2


def test_it_asks_on_a_terminal(tmp_path, laravel):
    """The answers are the application's directory and its host."""
    control, terminal = pty.openpty()
    asking = subprocess.Popen(
        [TUSK, "init", "--output", "tusk.toml", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(terminal)
    os.write(control, f"{laravel}\nshop.example\n".encode())
    output, _ = asking.communicate(timeout=60)
    os.close(control)
    assert asking.returncode == 0, output
    assert "Directory of the application" in output and "This is Laravel" in output
    assert 'warm_up = ["http://shop.example/"]' in (tmp_path / "tusk.toml").read_text()
