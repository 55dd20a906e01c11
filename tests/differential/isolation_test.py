"""Sends each probe many times at once, with different data in each request: no answer may contain
another request's data, and each must equal the probe's answer when it runs alone.

TUSK_DIFFERENTIAL_ROUNDS is how many times (default 16)."""

import contextlib
import itertools
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from differential.answer import differences
from differential.probe import LONE_MARKER, all_probes
from differential.servers import HERE, known_differences, lacks

ROUNDS = int(os.environ.get("TUSK_DIFFERENTIAL_ROUNDS", "16"))
CLIENTS = 16

PROBES = [probe for probe in all_probes() if not probe.alone]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers(start_servers):
    return start_servers(f'auto_prepend_file = "{HERE}/marker.php"')


@pytest.fixture(scope="session")
def alone(servers):
    """alone(name, probe) returns the answers of a server that does nothing else meanwhile."""
    kept = {}

    def ask(name: str, probe) -> list:
        if (name, probe.name) not in kept:
            with servers.client(name) as client:
                answers = client.ask(probe, LONE_MARKER, decorate=True)
            kept[name, probe.name] = [answer.without_markers() for answer in answers]
        return kept[name, probe.name]

    return ask


def ask_at_once(servers, name: str, expected: dict, probes: list) -> list:
    """Sends the probes over 16 connections, in this order; returns the failures as texts."""
    queue, wrong = iter(probes), []

    def work() -> None:
        with servers.client(name) as client:
            for probe in queue:
                marker = f"marker-{next(_numbers):08d}"
                try:
                    answers = client.ask(probe, marker, decorate=True)
                except AssertionError as error:  # no HTTP, or nothing at all
                    wrong.append(f"{probe}: {error}")
                    continue
                foreign = set().union(*(a.markers() for a in answers)) - {marker.encode()}
                if foreign:
                    wrong.append(f"{probe}: {marker} was answered with {sorted(foreign)}")
                plain = [answer.without_markers() for answer in answers]
                different = differences(expected[probe.name], plain)
                # Whether a flushed response is complete when it is sent depends on timing.
                different.pop("content-length", None)
                if different:
                    wrong.append(f"{probe}: not as alone:\n" + "\n".join(different.values()))

    with ThreadPoolExecutor(CLIENTS) as pool:
        for client in [pool.submit(work) for _ in range(CLIENTS)]:
            client.result()
    return wrong


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_beside_the_same_probe(executor, probe, servers, alone):
    """Sixteen requests of the same script at once. Alone, the script answers as the reference
    does."""
    if missing := lacks(probe):
        pytest.skip(f"this PHP has no {' '.join(missing)}")
    expected = {probe.name: alone(executor, probe)}
    wrong = ask_at_once(servers, executor, expected, [probe] * ROUNDS)
    assert not wrong, f"{len(wrong)} answers of {ROUNDS} were wrong:\n" + "\n".join(wrong[:5])
    listed = known_differences(executor).get(probe.name, set())
    found = differences(alone("fpm", probe), alone(executor, probe))
    new = [text for part, text in found.items() if part not in listed]
    assert not new, f"alone it differs: {probe.proves}\n" + "\n".join(new)


def test_beside_all_other_probes(executor, servers, alone):
    """Sixteen requests at once of all scripts, mixed: what one script does to its thread, no
    other sees."""
    expected = {}
    probes = [probe for probe in PROBES if not lacks(probe)]
    for probe in probes:
        with contextlib.suppress(AssertionError):  # test_beside_the_same_probe fails for it
            expected[probe.name] = alone(executor, probe)
    mixed = [probe for probe in probes if probe.name in expected] * max(1, ROUNDS // 8)
    random.Random(4).shuffle(mixed)
    wrong = ask_at_once(servers, executor, expected, mixed)
    assert not wrong, f"{len(wrong)} answers of {len(mixed)} were wrong:\n" + "\n".join(wrong[:20])
