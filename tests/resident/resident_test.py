"""What one request of a resident script changes is not seen by the next, and what the boot has set
stays: the differential suite (suite.py), in its quick form. tests/soak/resident_soak.py is the long
one."""

import pytest

from resident.suite import BOOTS, SETTINGS, SITE, Comparison

WORKERS = 3
CLIENTS = 4
ROUNDS = 4  # how often each probe is sent, on the average


@pytest.fixture(scope="module")
def plain(start_module_tusk):
    # A worker runs one request, so each answer is that of a fresh thread.
    return start_module_tusk(SITE, "--workers", 1, "--worker-max-requests", 1, *SETTINGS)


@pytest.mark.parametrize("boot", BOOTS)
def test_no_request_sees_what_another_has_set(plain, start_tusk, boot):
    resident = start_tusk(
        SITE,
        *("--workers", 1, "--resident", SITE / f"resident_{boot}.php"),
        *("--resident-workers", WORKERS, *SETTINGS),
    )
    comparison = Comparison(plain, resident, boot)
    comparison.expect()
    comparison.run(ROUNDS * len(comparison.probes), CLIENTS)
    comparison.check()


def test_zlib_compresses_each_request(start_tusk):
    resident = start_tusk(
        SITE,
        *("--workers", 1, "--resident", SITE / "resident_bare.php", "--resident-workers", 1),
        *("--compression", "off", "-d", "zlib.output_compression=1"),
    )
    for coding in ("gzip", "", "gzip", "gzip"):
        response = resident.get("/resident_bare.php", headers={"Accept-Encoding": coding})
        assert response.headers.get("Content-Encoding", "") == coding
        assert response.json()["probes"]
