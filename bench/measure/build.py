"""Builds the programs that are measured, unless that is forbidden, and finds them."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from measure.errors import BenchError

SOURCE_DIR = Path(__file__).resolve().parents[2]
RELEASE_DIR = SOURCE_DIR / "build/release"


@dataclass(frozen=True)
class Programs:
    tusk: Path
    libphp_alone: Path
    php_config: Path
    frankenphp: Path | None = None

    @property
    def php_version(self) -> str:
        return self._ask_php_config("--version")

    @property
    def php_fpm(self) -> Path:
        return Path(self._ask_php_config("--prefix")) / "sbin/php-fpm"

    def _ask_php_config(self, option: str) -> str:
        command = [require(self.php_config, "run 'make php'"), option]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _run(command: list[str], log: Path) -> None:
    with log.open("ab") as output:
        done = subprocess.run(command, cwd=SOURCE_DIR, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=output, check=False)
    if done.returncode != 0:
        raise BenchError(f"the build failed: {' '.join(command)}", log)


def _cached(build_dir: Path, name: str) -> str | None:
    try:
        cache = (build_dir / "CMakeCache.txt").read_text()
    except FileNotFoundError:
        return None
    found = re.search(rf"^{name}:[A-Z]+=(.*)$", cache, re.MULTILINE)
    return found.group(1) if found else None


def _set_up_options() -> list[str]:
    """Returns the options that `make build` passes, for a build folder that it has not
    configured."""
    options = []
    if prefix := os.environ.get("TUSK_PREFIX"):
        options.append(f"-DTUSK_PREFIX={prefix}")
    if php_config := os.environ.get("PHP_CONFIG"):
        options.append(f"-DPHP_CONFIG={php_config}")
    return options


def build(build_dir: Path, log: Path) -> None:
    if shutil.which("cmake") is None:
        raise BenchError("cmake is not installed: run 'make deps'")
    if not (build_dir / "build.ninja").exists():
        _run(["cmake", "--preset", "release", "-B", str(build_dir), "-DTUSK_BENCH=ON",
              *_set_up_options()], log)
    elif _cached(build_dir, "TUSK_BENCH") != "ON":
        _run(["cmake", "-DTUSK_BENCH=ON", str(build_dir)], log)
    _run(["cmake", "--build", str(build_dir), "--target", "tusk", "libphp_alone"], log)


def find(build_dir: Path, tusk: Path | None, frankenphp: Path | None = None) -> Programs:
    php_config = _cached(build_dir, "PHP_CONFIG")
    if php_config is None:
        prefix = os.environ.get("TUSK_PREFIX") or os.path.expanduser("~/.cache/tusk")
        php_config = os.environ.get("PHP_CONFIG") or f"{prefix}/php/bin/php-config"
    return Programs(tusk=tusk or build_dir / "tusk", libphp_alone=build_dir / "libphp_alone",
                    php_config=Path(php_config), frankenphp=frankenphp)


def require(program: Path, hint: str) -> str:
    if not os.access(program, os.X_OK) or program.is_dir():
        raise BenchError(f"{program} does not exist: {hint}")
    return str(program)
