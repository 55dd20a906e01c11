"""200,000 requests of resident scripts, each of which changes a kind of state, 8 at a time: every
answer is that of a plain request (tests/resident/), and memory, descriptors and threads stay where
they were after the first fifth. TUSK_SOAK_REQUESTS is the number (200000), TUSK_RESIDENT_SEED the
seed of their order."""

import os
from pathlib import Path

import pytest

from harness.server import sanitizer
from resident.suite import BOOTS, SETTINGS, SITE, Comparison, resident

REQUESTS = int(os.environ.get("TUSK_SOAK_REQUESTS", "200000")) // len(BOOTS)
WORKERS = 8
CLIENTS = 8
# The allocators' arenas still grow a little; 100 bytes a request would exceed it.
GROWTH = 8 * 1024 * 1024
# On a starved machine a client may take seconds between a head and its body (408).
PATIENT = ("--header-timeout", "1h", "--body-timeout", "1h", "--body-min-rate", 0)

pytestmark = pytest.mark.timeout(4 * 3600)


def held(server) -> dict:
    """What the process holds."""
    process = Path(f"/proc/{server.pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    return {
        "memory": int(status["VmRSS"].split()[0]) * 1024,
        "threads": int(status["Threads"]),
        "descriptors": len(list((process / "fd").iterdir())),
    }


@pytest.mark.parametrize("boot", BOOTS)
def test_no_request_sees_or_leaves_anything(start_tusk, boot):
    plain = start_tusk(SITE, "--workers", 1, "--worker-max-requests", 1, *PATIENT, *SETTINGS)
    server = start_tusk(SITE, *resident(f"resident_{boot}.php", WORKERS), *PATIENT, *SETTINGS)
    comparison = Comparison(plain, server, boot)
    comparison.run(REQUESTS // 5, CLIENTS)
    before = held(server)
    comparison.run(REQUESTS - REQUESTS // 5, CLIENTS)
    comparison.check()
    after = held(server)
    print(f"{boot}: {comparison.requests} requests, {before} → {after}")
    assert after["threads"] <= before["threads"] + 1
    assert after["descriptors"] <= before["descriptors"] + CLIENTS
    if not sanitizer():
        assert after["memory"] <= before["memory"] + GROWTH
