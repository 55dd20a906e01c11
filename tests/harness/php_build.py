"""The other programs of the PHP that the server under test was built with."""

import os
import subprocess
from pathlib import Path

from harness.server import REPOSITORY


def php_prefix() -> Path:
    """Returns the prefix of that build, which has bin/php and sbin/php-fpm."""
    config = os.environ.get("PHP_CONFIG") or subprocess.run(
        [REPOSITORY / "tools/setup/php.sh", "--print"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return Path(config).parents[1]
