"""Debian packages that are made from others, for tests."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path


def with_higher_version(deb: Path, directory: Path) -> Path:
    """The same package with a higher version, as an update would have; also where it depends on its own version."""
    with tempfile.TemporaryDirectory() as unpacked:
        subprocess.run(["dpkg-deb", "-R", str(deb), unpacked], check=True)
        control = Path(unpacked, "DEBIAN/control")
        text = control.read_text()
        version = re.search(r"^Version: (.+)$", text, re.M)[1]
        package = re.search(r"^Package: (.+)$", text, re.M)[1]
        text = text.replace(f"Version: {version}", f"Version: {version}+next")
        if package.startswith("tusk"):
            text = text.replace(f"(= {version})", f"(= {version}+next)")
        control.write_text(text)
        result = directory / f"{package}_next.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-b", unpacked, str(result)], check=True, stdout=subprocess.DEVNULL
        )
    shutil.copymode(deb, result)
    return result
