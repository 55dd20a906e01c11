"""A place in which a page's commands run as they are written: /srv, /etc/tusk, /run and others are
empty directories of its own, ports such as 80 are free because it has a network of its own (loopback
only), and every process that was started in it ends with it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.server import TUSK, environment

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIX = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
_UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]

# What each page finds. A server that a command starts goes on in the background, in the place of the one
# before, and the next command runs when it serves.
_PRELUDE = r"""
set -euo pipefail
/usr/bin/python3 - <<'PYTHON'
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:  # the loopback interface comes up
    fcntl.ioctl(one, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))
PYTHON
# /opt is empty, too: PHP and the downloads of `make` stay visible there, and cannot be changed.
kept=
if [[ $PREFIX == /opt/* && -d $PREFIX ]]; then
  kept=$RESULTS/prefix
  mkdir "$kept"
  mount --bind "$PREFIX" "$kept"
fi
for directory in /srv /run /mnt /opt /var/log /var/lib/tusk /etc/tusk; do
  mkdir -p "$directory" 2>/dev/null || true
  mount -t tmpfs tmpfs "$directory"
done
mkdir -p /mnt/new /mnt/work  # what is written below /usr/share goes nowhere
mount -t overlay overlay -o lowerdir=/usr/share,upperdir=/mnt/new,workdir=/mnt/work /usr/share
if [[ -n $kept ]]; then
  mkdir -p /mnt/prefix /mnt/prefix-work "$PREFIX"
  mount -t overlay overlay -o "lowerdir=$kept,upperdir=/mnt/prefix,workdir=/mnt/prefix-work" "$PREFIX"
fi
mkdir -p /run/tusk /var/log/tusk /srv/www
export HOME=$PWD PATH="$PROGRAMS:$PATH:/usr/sbin:/sbin" LANG=C.UTF-8
unset TUSK_BINARY PHP_CONFIG BUILD_DIR

server=
tusk() {
  case ${1:-} in
    --help | -h | --version) ;;
    serve | -[a-gi-uw-zA-Z-]*) [[ " $* " == *" --help "* ]] || { serve "$@"; return; } ;;
  esac
  command tusk "$@"
}
serve() {
  if [[ -n $server ]]; then kill "$server"; wait "$server" || true; fi
  : >"$RESULTS/server"
  command tusk "$@" </dev/null >>"$RESULTS/server" 2>&1 &
  server=$!
  local try
  for ((try = 0; try < 600; ++try)); do
    # The log may go to a file: then `tusk status` knows that it serves.
    if grep -qE ' serv(es|ing) .* on ' "$RESULTS/server"; then return; fi
    kill -0 "$server" 2>/dev/null || break
    if ((try > 50)) && command tusk status >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "the server does not serve:"; cat "$RESULTS/server"; return 1
}
"""


def available() -> str:
    """Returns why there can be no sandbox, or nothing."""
    if not shutil.which("unshare"):
        return "needs util-linux's unshare"
    tried = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/srv"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"needs root and namespaces: {tried.stderr.strip()}"


needs_sandbox = pytest.mark.skipif(bool(available()), reason=available() or "there is a sandbox")


class Sandbox:
    def __init__(self, directory: Path):
        self.results = directory / "results"
        self.work = directory / "work"
        self.programs = directory / "programs"
        for one in (self.results, self.work, self.programs):
            one.mkdir(parents=True)
        (self.programs / "tusk").symlink_to(TUSK)

    def run(self, script: str, seconds: float = 240) -> subprocess.CompletedProcess:
        """Runs the script until it ends or fails; what it started in the background ends too."""
        file = self.results / "script"
        file.write_text(_PRELUDE + script)
        variables = {"PREFIX": PREFIX, "PROGRAMS": self.programs, "RESULTS": self.results, "REPOSITORY": REPOSITORY}
        with open(self.results / "output", "w") as output:
            done = subprocess.run(
                [*_UNSHARE, "bash", file],
                cwd=self.work,
                # Nothing that would configure a server: readers have no such variables.
                env=environment({name: str(value) for name, value in variables.items()}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
            )
        done.output = (self.results / "output").read_text()
        return done
