"""Every C++ source is formatted as .clang-format says. The test is skipped, with a message,
where clang-format-19 is not installed; continuous integration installs it (.ci/run)."""

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FORMATTER = "clang-format-19"

pytestmark = pytest.mark.skipif(
    shutil.which(FORMATTER) is None,
    reason=f"{FORMATTER} is not installed: `tools/setup/deps.sh format` installs it",
)


def complaints(files: list) -> str:
    """Returns what the formatter would change in `files`; empty if nothing."""
    checked = subprocess.run(
        [FORMATTER, "--dry-run", "-Werror", *files],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert checked.returncode == 0 or checked.stdout, f"status {checked.returncode}, no output"
    return checked.stdout


def sources() -> list:
    """Returns the C++ files that git tracks or would track, as `make format` does."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.h", "*.cc"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for path in listed.split("\0") if path and (REPOSITORY / path).is_file()]


def test_sources_are_formatted():
    """`make format` fixes what this test finds."""
    files = sources()
    assert len(files) > 50, f"git lists only {len(files)} C++ files"
    found = complaints(files)
    assert not found, f"`make format` is needed:\n{found}"


def test_an_unformatted_file_is_found(tmp_path):
    """The test above can fail: the project's rules apply to this file too, and it breaks them."""
    shutil.copy(REPOSITORY / ".clang-format", tmp_path)
    source = tmp_path / "a.cc"
    source.write_text("int  main( ) { return 0 ; }\n")
    assert "a.cc" in complaints([str(source)])
