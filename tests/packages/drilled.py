"""The machine of the drills: a bare Debian that has booted, with the packages of build/packages beside it, as they are
and with a higher version. And what the drills ask it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.wait import wait_for
from packages import container as containers
from packages import debs

PACKAGES = Path(os.environ.get("TUSK_PACKAGES", Path(__file__).resolve().parents[2] / "build/packages"))
SUITE = "trixie" if list(PACKAGES.glob("tusk_*deb13*")) else "bookworm"
PHP = "8.4" if SUITE == "trixie" else "8.2"
"""How apt is called by hand, but for the questions."""
APT = "apt-get -y -q -o APT::Install-Recommends=0"


def built(package: str) -> Path:
    found = list(PACKAGES.glob(f"{package}_*.deb"))
    assert len(found) == 1, f"{package} is not in {PACKAGES}: make package"
    return found[0]


@contextlib.contextmanager
def boot(name: str, packages: list, scratch: Path, *needed: str) -> Iterator[containers.Container]:
    """The packages are in /var/drill/now and /var/drill/next, in the order given. What they and the drill need from
    Debian was downloaded and not installed."""
    bare = containers.bare_system(SUITE)
    root = bare.with_name(f"{SUITE}.{name}")
    shutil.rmtree(root, ignore_errors=True)
    containers.run(["cp", "-a", "--reflink=auto", str(bare), str(root)])
    newer = [debs.with_higher_version(deb, scratch) for deb in packages]
    for when, paths in {"now": packages, "next": newer}.items():
        directory = root / "var/drill" / when
        directory.mkdir(parents=True)
        for path in paths:
            shutil.copy(path, directory)
    containers.in_root(
        root, f"apt-get update -q; {APT} --download-only install /var/drill/now/*.deb {' '.join(needed)}"
    )
    # The container's disk need not survive a loss of power.
    (root / "etc/dpkg/dpkg.cfg.d/drill").write_text("force-unsafe-io\n")
    machine = containers.Container(root)
    try:
        machine.files_before = files(machine)
        yield machine
    finally:
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)


def files(machine) -> set:
    """The files whose names say that they are tusk's, and the user."""
    found = machine.call(
        "find / -xdev \\( -path /proc -o -path /var/drill -o -path /sys -o -path /var/cache/apt \\) -prune"
        " -o -iname '*tusk*' -print; getent passwd tusk; getent group tusk; true", check=False)  # fmt: skip
    return {line for line in found.splitlines() if line and not line.startswith("/var/log/journal")}


def page(machine, url: str = "http://127.0.0.1/", php: str = "php") -> str:
    """A request by PHP's own command line, because a bare system has no curl."""
    return machine.call(f"{php} -r 'echo file_get_contents(\"{url}\");'")


def main_pid(machine) -> int:
    return int(machine.call("systemctl show -p MainPID --value tusk"))


def processes(machine, name: str) -> list:
    """Process ids and their programs, as (pid, path of the program)."""
    text = machine.call(f"for p in $(ps -eo pid=,comm= | awk '$2 ~ /^{name}/ {{ print $1 }}'); do"
                        " echo $p $(readlink /proc/$p/exe); done", check=False)  # fmt: skip
    lines = [line.split(maxsplit=1) for line in text.splitlines()]
    return [line for line in lines if len(line) == 2]  # the others have just ended


def change_version(machine, when: str, path: str = "/index.php") -> None:
    """Installs the packages of /var/drill/now or next while clients are at work. None of their requests is lost, the
    process id stays, and all processes run the new files."""
    pid = main_pid(machine)
    program = f"stat -Lc %i /proc/{pid}/exe /usr/bin/tusk"
    before = machine.call(program).split()
    assert before[0] == before[1]
    with machine.clients(path=path):
        print(machine.call(f"dpkg -i --force-downgrade /var/drill/{when}/*.deb"))
    assert main_pid(machine) == pid
    after = machine.call(program).split()
    assert after[0] == after[1] != before[0]
    wait_for(lambda: not any("(deleted)" in path for _, path in processes(machine, "tusk")), "the other programs' end")
