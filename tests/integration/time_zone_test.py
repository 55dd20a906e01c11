"""putenv('TZ=...'): its effect on libc and C libraries is limited to the request, as under
PHP-FPM. PHP's own functions have date_default_timezone_set() and ignore it."""

import json
import os

import pytest

from harness.server import PHP_SCRIPTS

STATE = PHP_SCRIPTS / "process_state.php"

needs_zones = pytest.mark.skipif(
    not os.path.isfile("/usr/share/zoneinfo/Europe/Berlin"), reason="needs Debian's package tzdata"
)

SHOW = """
function show(): array {
    $db = new PDO('sqlite::memory:');
    $local = fn ($time) => $db->query("SELECT strftime('%H:%M', $time, 'unixepoch', 'localtime')")->fetchColumn();
    return [
        easter_date(2024),                    // mktime()
        $local(1704067200), $local(1720000000), // localtime_r()
        unixtojd(1704067200 + 22 * 3600),     // localtime_r()
        trim(exec('date -d @1720000000 +%H:%M:%Z')),
        date('H:i', 1720000000),
    ];
}
"""


@needs_zones
def test_two_requests_at_a_time_have_a_time_zone_each(start_tusk, make_root, tmp_path):
    """Nothing is left afterwards."""
    root = make_root(
        {
            "zone.php": f"""<?php require '{STATE}'; {SHOW}
            $got = [];
            for ($i = 0; $i < 10; ++$i) {{
                if ($i < 3) meet();
                putenv("TZ=$_GET[zone]");
                if ($i < 3) meet();
                $got[json_encode(show())] = true;
            }}
            meet();
            echo json_encode(array_map('json_decode', array_keys($got)));
            """,
            "after.php": f"<?php {SHOW} echo json_encode(show());",
        }
    )
    tusk = start_tusk(root, "--workers", 2, "-d", "date.timezone=UTC", env={"TZ": "UTC"})
    usual = [1711843200, "00:00", "09:46", 2460311, "09:46:UTC", "09:46"]
    wanted = {
        "a": ("Europe/Berlin", [1711839600, "01:00", "11:46", 2460311, "11:46:CEST", "09:46"]),
        "b": ("XYZ-3:30", [1711830600, "03:30", "13:16", 2460312, "13:16:XYZ", "09:46"]),
    }
    assert tusk.get("/after.php").json() == usual
    for turn in range(3):
        directory = tmp_path / f"turn{turn}"
        directory.mkdir()
        requests = {
            me: tusk.raw().request(
                "GET", f"/zone.php?dir={directory}&me={me}&other={other}&zone={wanted[me][0]}"
            )
            for me, other in ("ab", "ba")
        }
        for me, request in requests.items():
            assert json.loads(request.response().text) == [wanted[me][1]]
        for _ in range(4):
            assert tusk.get("/after.php").json() == usual


@needs_zones
def test_an_unset_variable(start_tusk, make_root):
    """Without TZ, libc uses the system's zone."""
    root = make_root(
        {"undone.php": f"<?php {SHOW} putenv('TZ=Asia/Tokyo'); show(); putenv('TZ'); echo json_encode(show());"}
    )
    tusk = start_tusk(root, "-d", "date.timezone=UTC", env={"TZ": "XYZ-5"})
    got = tusk.get("/undone.php").json()
    hour, minute, _ = got[4].split(":")
    assert got[2] == f"{hour}:{minute}"


def test_icus_defaults_are_not_those_of_the_first_script(start_tusk, make_root):
    """ICU reads locale and time zone from the environment when it is first used, and keeps them
    for the process."""
    root = make_root(
        {
            "icu.php": """<?php
            if (isset($_GET['set'])) {
                putenv('TZ=Asia/Tokyo');
                putenv('LC_ALL=de_DE.UTF-8');
                putenv('LANG=de_DE.UTF-8');
            }
            echo json_encode([IntlTimeZone::createDefault()->getID(), Locale::getDefault()]);
            """
        }
    )
    env = {"TZ": "America/Lima", "LANG": "fr_FR.UTF-8"}
    tusk = start_tusk(root, "--workers", 1, env=env)
    for query in ("?set=1", ""):
        assert tusk.get(f"/icu.php{query}").json() == ["America/Lima", "fr_FR"]
