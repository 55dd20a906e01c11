"""Servers of root whose processes become another user.

What another user needs of PHP and of tusk may lie below a directory that only root may enter, such as /root.
Then the server runs in a mount namespace in which that directory has nothing else and is open."""

import functools
import shlex
import subprocess
from pathlib import Path

from harness.php_build import php_prefix
from harness.server import TUSK


def _closed_above(path: Path) -> Path | None:
    """The outermost directory above the path that others may not enter."""
    return next((one for one in reversed(path.parents) if not one.stat().st_mode & 0o001), None)


def _hidden() -> dict:
    """The closed directories, each with what is needed in it."""
    hidden = {}
    for path in {TUSK.parent.resolve(), php_prefix().resolve()}:
        if closed := _closed_above(path):
            hidden.setdefault(closed, []).append(path)
    return hidden


def wrapper(mounts: Path) -> tuple:
    """The words before a command that let another user reach tusk and its PHP. `mounts` is an empty directory."""
    commands = []
    for number, (closed, paths) in enumerate(_hidden().items()):
        kept = [mounts / f"{number}-{i}" for i in range(len(paths))]
        for path, place in zip(paths, kept):
            commands += [["mkdir", "-p", place], ["mount", "--bind", path, place]]
        commands.append(["mount", "-t", "tmpfs", "-o", "mode=755", "none", closed])
        for path, place in zip(paths, kept):
            commands += [["mkdir", "-p", path], ["mount", "--bind", place, path]]
    if not commands:
        return ()
    script = " && ".join(shlex.join(map(str, words)) for words in commands)
    return ("unshare", "--mount", "sh", "-c", script + ' && exec "$@"', "sh")


@functools.cache
def is_possible() -> bool:
    """Whether another user reaches tusk and its PHP, or this one may make a mount namespace."""
    return not _hidden() or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


def open_to_all(directory: Path) -> None:
    """Lets every user enter the directory: pytest's are closed to all but their owner."""
    for one in (directory, *directory.parents):
        if str(one).count("/") > 1:
            one.chmod(0o755)
