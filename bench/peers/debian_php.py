"""Debian's PHP on both sides: tusk with worker processes, and nginx with PHP-FPM.

tusk comes from `make build PHP=debian BUILD_OPTIONS=`, FPM from the package php8.2-fpm. Both have as
many PHP processes, and the configuration of /etc/php is not read."""

import os
import shutil
import subprocess
from pathlib import Path

from measure.build import SOURCE_DIR, require
from measure.context import Context
from measure.server import Server
from peers.nginx_fpm import FPM_CHILDREN, NginxFpm
from peers.tusk import Tusk

VERSION = "8.2"
BUILD_DIR = SOURCE_DIR / "build/release-debian"


def version() -> str:
    """The whole version of Debian's PHP."""
    program = require(Path(f"/usr/bin/php-config{VERSION}"), f"install php{VERSION}-dev")
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


class TuskDebian(Tusk):
    def __init__(self) -> None:
        super().__init__("ext")
        self.key = "tusk-debian"
        self.title = "tusk, Debian's PHP"

    def php(self, context: Context) -> tuple[str, bool]:
        return version(), False

    def program(self, context: Context) -> Path:
        return BUILD_DIR / "tusk"

    def further_options(self, context: Context) -> list[str]:
        return ["--workers", str(FPM_CHILDREN)]


class NginxFpmDebian(NginxFpm):
    def __init__(self) -> None:
        super().__init__()
        self.key = "nginx-fpm-debian"
        self.title = "nginx + FPM, Debian's PHP"

    def php(self, context: Context) -> tuple[str, bool]:
        return version(), False

    def _start_fpm(self, context: Context, work_dir: Path) -> Server:
        found = shutil.which(f"php-fpm{VERSION}", path=os.environ.get("PATH", "") + ":/usr/sbin")
        return self._fpm_server(require(Path(found or f"/usr/sbin/php-fpm{VERSION}"), f"install php{VERSION}-fpm"),
                                context, work_dir, ["-n"])
