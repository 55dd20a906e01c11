"""German locales, compiled for a test."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GERMAN = "de_DE.UTF-8"


def compile_german(folder: Path, names: dict) -> Path:
    """Compiles the locale into a folder for LOCPATH, once for each pair name → charset. The test is
    skipped where the sources of locales are not installed."""
    sources = os.environ.get("I18NPATH", "/usr/share/i18n")
    if not os.path.isdir(f"{sources}/locales") or not shutil.which("localedef"):
        pytest.skip("needs Debian's package locales")
    for name, charset in names.items():
        command = ["localedef", "--no-archive", "-i", "de_DE", "-f", charset, folder / name]
        subprocess.run(command, check=True, capture_output=True)
    return folder
