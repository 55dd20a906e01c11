"""The git hooks that `make hooks` installs, tried in a temporary repository."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SUBJECT = "Say what the change does"
needs_formatter = pytest.mark.skipif(
    shutil.which("clang-format-19") is None, reason="clang-format-19 is not installed"
)


class Repository:
    """A git repository with the project's hooks and, instead of its tests, one that passes."""

    def __init__(self, path: Path):
        self.path = path
        self.git("init", "-q")
        self.git("config", "core.hooksPath", "tools/hooks")
        shutil.copytree(REPOSITORY / "tools/hooks", path / "tools/hooks")
        shutil.copy(REPOSITORY / ".clang-format", path)
        self.write("tests/layering_test.py", "def test_layering():\n    pass\n")

    def git(self, *arguments) -> subprocess.CompletedProcess:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", "-c", "user.name=A Tester", "-c", "user.email=tester@example.org", *arguments],
            cwd=self.path,
            env=clean | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def write(self, name: str, text: str):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.git("add", name)

    def commit(self, *paragraphs) -> subprocess.CompletedProcess:
        messages = [argument for one in paragraphs for argument in ("-m", one)]
        return self.git("commit", "-q", "--allow-empty", *messages)


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_a_commit_without_fault_is_accepted(repository):
    """A formatted file, a short subject, and a message of several lines."""
    repository.write("src/a.cc", "int main() { return 0; }\n")
    done = repository.commit(SUBJECT, "Why it does so.\nIn two lines.")
    assert done.returncode == 0, done.stderr


def test_a_subject_of_72_characters_is_accepted(repository):
    """The limit counts characters, not bytes."""
    assert repository.commit("é" * 72).returncode == 0


def test_a_longer_subject_is_refused(repository):
    """The message says how long it is."""
    done = repository.commit("x" * 73)
    assert done.returncode != 0 and "the subject has 73 characters" in done.stderr


def test_a_second_line_below_the_subject_is_refused(repository):
    """git would show both lines as one subject."""
    done = repository.commit(f"{SUBJECT}\nand goes on")
    assert done.returncode != 0 and "below the subject must be empty" in done.stderr


def test_a_subject_that_git_makes_is_accepted(repository):
    """`git revert` quotes the subject of the commit that it reverts."""
    assert repository.commit('Revert "' + "x" * 72 + '"').returncode == 0


@needs_formatter
def test_an_unformatted_file_is_refused(repository):
    """The staged version counts, even if the file has been formatted since."""
    repository.write("src/a.cc", "int  main( ) { return 0 ; }\n")
    (repository.path / "src/a.cc").write_text("int main() { return 0; }\n")
    done = repository.commit(SUBJECT)
    assert done.returncode != 0 and "src/a.cc is not formatted" in done.stderr


def test_a_broken_layering_is_refused(repository):
    """The hook runs the layering test."""
    repository.write("tests/layering_test.py", "def test_layering():\n    assert False\n")
    assert repository.commit(SUBJECT).returncode != 0
