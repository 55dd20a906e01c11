"""Each probe has the same answer from tusk as from nginx with PHP-FPM: status, header and body."""

import pytest

from differential.answer import differences
from differential.probe import LONE_MARKER, Probe, all_probes
from differential.servers import EXECUTORS, has_executor, known_differences, lacks


@pytest.fixture(scope="session")
def servers(start_servers):
    return start_servers()


@pytest.fixture(scope="session")
def asked(servers):
    """asked(name, probe) returns the answers of a server; the reference is asked once for all
    tests."""
    clients, kept = {}, {}

    def ask(name: str, probe: Probe) -> list:
        if (name, probe.name) not in kept:
            if name not in clients:
                clients[name] = servers.client(name)
            kept[name, probe.name] = clients[name].ask(probe, LONE_MARKER)
        return kept[name, probe.name]

    yield ask
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("probe", all_probes(), ids=str)
def test_probe(executor, probe, asked):
    """The answers equal the reference's, except for the parts in differences.toml, which must
    differ."""
    if missing := lacks(probe):
        pytest.skip(f"this PHP has no {' '.join(missing)}")
    found = differences(asked("fpm", probe), asked(executor, probe))
    listed = known_differences(executor).get(probe.name, set())
    new = [text for part, text in found.items() if part not in listed]
    assert not new, f"\n{probe.name}: {probe.proves}\n" + "\n".join(new)
    gone = listed - found.keys()
    assert not gone, f"no longer different; remove it from differences.toml: {sorted(gone)}"


@pytest.mark.parametrize("name", EXECUTORS)
def test_executor_is_available(name):
    """Reports which executors are compared."""
    if not has_executor(name):
        pytest.skip(f"this tusk has no executor {name!r}: it is not compared")


def test_probes_are_well_formed():
    """Each probe says what it proves, and each listed difference belongs to a probe."""
    probes = {probe.name: probe for probe in all_probes()}
    assert len(probes) >= 200
    assert not [name for name, probe in probes.items() if len(probe.proves) < 10]
    for executor in EXECUTORS:
        assert known_differences(executor).keys() <= probes.keys()
