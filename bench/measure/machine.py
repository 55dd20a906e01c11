"""The kernel's figures about processes and the machine, from /proc."""

import os
import platform
import resource
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Cpu:
    """CPU time in seconds."""

    user: float = 0.0
    system: float = 0.0

    @property
    def total(self) -> float:
        return self.user + self.system

    def __add__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.user + other.user, self.system + other.system)

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.user - other.user, self.system - other.system)


def _stat(pid: int) -> list[str]:
    """Returns the fields of /proc/PID/stat after the name: [0] is the state, [1] the parent."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def process_tree(root: int) -> list[int]:
    """Returns `root` and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = _stat(int(entry))
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(entry))
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


def cpu_of(pids: list[int]) -> Cpu:
    """Returns the CPU time of processes, all their threads, and the children they have waited for.

    Those children are included because a child that ends passes its time on to its parent: so
    the sum over a tree never falls."""
    total = Cpu()
    for pid in pids:
        try:
            user, system, children_user, children_system = map(int, _stat(pid)[11:15])
        except OSError:
            continue
        total += Cpu((user + children_user) / TICKS_PER_S, (system + children_system) / TICKS_PER_S)
    return total


def pss_bytes(pids: list[int]) -> int | None:
    """Returns memory: what a process has for itself, and its share of what it shares with
    others. None if the kernel does not report it."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except PermissionError:
            return None
        except OSError:
            continue  # it ended meanwhile
        total += sum(int(line.split()[1]) * 1024 for line in rollup.splitlines()
                     if line.startswith("Pss:"))
    return total


def busy_seconds() -> float:
    """Returns the CPU time of the whole machine, including the time that its host took away."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_S


def waited_children() -> Cpu:
    """Returns the CPU time of our own children that have ended, wrk among them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cpu(usage.ru_utime, usage.ru_stime)


def describe() -> dict:
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {"cpu": model, "cores": CORES, "kernel": platform.release(),
            "load_average": os.getloadavg()[0]}
