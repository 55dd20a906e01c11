"""The other programs of the PHP that the server under test was built with: those of the build that
tools/setup/php.sh made, or Debian's, whose names end in the version."""

import functools
import os
import re
import subprocess
from pathlib import Path

from harness.server import REPOSITORY


def php_config() -> Path:
    return Path(
        os.environ.get("PHP_CONFIG")
        or subprocess.run(
            [REPOSITORY / "tools/setup/php.sh", "--print"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )


def php_prefix() -> Path:
    """Returns the prefix of that build, which has bin/php and sbin/php-fpm."""
    return php_config().parents[1]


@functools.cache
def php_version() -> str:
    """Returns its first two numbers, such as "8.4"."""
    told = subprocess.run([php_config(), "--version"], capture_output=True, text=True, check=True).stdout
    return ".".join(told.split(".")[:2])


def is_older_than(version: str) -> bool:
    number = lambda text: tuple(map(int, text.split(".")))  # noqa: E731
    return number(php_version()) < number(version)


def _debian_version() -> str:
    """Returns "8.2" for /usr/bin/php-config8.2, and "" for a build of PHP in a prefix of its own."""
    return re.fullmatch(r"php-config([\d.]*)", php_config().name)[1]


def is_debians() -> bool:
    return _debian_version() != ""


def libphp() -> Path:
    return php_prefix() / f"lib/libphp{_debian_version()}.so"


def extension_directory() -> Path:
    asked = [php_config(), "--extension-dir"]
    return Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())


def php_program() -> Path:
    return php_prefix() / f"bin/php{_debian_version()}"


def fpm_program() -> Path:
    """Debian's may be only unpacked: the package would start a service (tools/setup/deps.sh)."""
    version = _debian_version()
    installed = php_prefix() / f"sbin/php-fpm{version}"
    if not version or installed.is_file():
        return installed
    prefix = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
    return prefix / f"php{version}-fpm/usr/sbin/php-fpm{version}"


def scanned_ini() -> dict:
    """Returns the environment with which FPM loads the extensions that tusk's PHP loads: in Debian
    each has a directory of files for itself."""
    version = _debian_version()
    return {"PHP_INI_SCAN_DIR": f"/etc/php/{version}/embed/conf.d"} if version else {}
