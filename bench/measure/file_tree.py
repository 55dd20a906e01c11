"""The files that the static scenarios request, beside the scripts in one document root."""

import shutil
from pathlib import Path

from measure.scenario import MANY_FILES, MEGABYTE, SCRIPTS, many_body


def make(root: Path) -> Path:
    shutil.copytree(SCRIPTS, root)
    (root / "megabyte.bin").write_bytes(MEGABYTE)
    for number in range(MANY_FILES):
        directory = root / f"many/{number // 100}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number % 100}.txt").write_bytes(many_body(number))
    return root
