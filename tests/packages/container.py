"""A container with systemd, made from a bare Debian (debootstrap) for a test. Needs root and systemd-nspawn. It has a
network of its own with nothing but the loopback interface, so that its port 80 is nobody else's."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from harness.wait import wait_for

HERE = Path(__file__).resolve().parent
# What `apt install` of the packages needs is downloaded once, and kept with the bare system.
INCLUDED = "systemd,systemd-sysv,dbus,ca-certificates,procps"


def roots() -> Path:
    """Where the bare systems are kept: outside the checkout."""
    prefix = os.environ.get("TUSK_PREFIX", str(Path.home() / ".cache/tusk"))
    return Path(os.environ.get("TUSK_ROOTS", prefix + "/roots"))


def bare_system(suite: str) -> Path:
    """The directory of a bare Debian, which debootstrap makes once."""
    root = roots() / f"{suite}.bare"
    if not root.exists():
        fresh = root.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        run(["debootstrap", "--variant=minbase", f"--include={INCLUDED}", suite, str(fresh)])
        fresh.rename(root)
    return root


def run(command: list, patience: int = 900, **options) -> str:
    """Runs a command for so many seconds at most; its output, or a failure with all of it."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=patience, **options
    )
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def in_root(root: Path, script: str) -> str:
    """Runs a script in the directory, which need not be booted, with this machine's network."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    return run(["chroot", str(root), "/bin/sh", "-ec", script], env=environment())


def environment() -> dict:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


class Container:
    def __init__(self, root: Path):
        self.root = root
        self.log = root.parent / f"{root.name}.log"
        with self.log.open("wb") as log:
            self.nspawn = subprocess.Popen(
                ["systemd-nspawn", "-q", "-D", str(root), "--register=no", "--keep-unit", "--private-network",
                 "--resolv-conf=off", "--console=pipe", "-b"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.init = wait_for(self._init, "the container's process 1")
        wait_for(self._booted, "the container to boot")

    def _init(self):
        children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        return next((int(child) for child in children if _is_init(int(child))), None)

    def _booted(self):
        state = self.call("systemctl is-system-running", check=False).strip()
        return state in ("running", "degraded")

    def call(self, script: str, check: bool = True, network: bool = False, patience: int = 900) -> str:
        """Runs a script in the container; with `network`, with this machine's network, for Debian's archive."""
        namespaces = ["-m", "-u", "-i", "-p"] if network else ["-a"]
        command = ["nsenter", "-t", str(self.init), *namespaces, "/bin/sh", "-ec", script]
        if check:
            return run(command, patience, env=environment())
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
        return done.stdout

    @contextlib.contextmanager
    def clients(self, number: int = 8, port: int = 80, path: str = "/index.php"):
        """Clients that are at work meanwhile; afterwards each of their requests was answered 200."""
        outcome = {}
        clients = subprocess.Popen(
            ["nsenter", "-t", str(self.init), "-n", sys.executable, str(HERE / "steady_clients.py"),
             str(port), str(number), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert clients.stdout.readline() == "at work\n"
            yield outcome
        finally:
            output, _ = clients.communicate(timeout=60)
        outcome.update(json.loads(output))
        print(f"requests: {outcome['answers']}, problems: {outcome['problems'][:3]}")
        assert outcome["problems"] == [], outcome["problems"][:5]
        assert set(outcome["answers"]) == {"200"}, outcome["answers"]
        assert outcome["answers"]["200"] > 10 * number

    def stop(self):
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()


def _is_init(pid: int) -> bool:
    """Whether it is process 1 of its own namespace and runs systemd already."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return status.startswith("Name:\tsystemd\n")
    except OSError:
        return False
