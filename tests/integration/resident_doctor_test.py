"""resident_doctor: it names what a request of a resident script leaves for the next one."""

import re

import pytest

from harness.server import PHP_SCRIPTS

ROOT = PHP_SCRIPTS / "resident_doctor"
SCRIPT = ROOT / "app.php"
ENOUGH = 13  # requests until something can be said to grow: the first ones warm up


class Examined:
    def __init__(self, server, file):
        self.server = server
        self.file = file

    def get(self, do: str = "", **params):
        response = self.server.client.get("/app.php", params={"do": do, **params})
        assert (response.status_code, response.text) == (200, "ok")

    def findings(self) -> dict:
        """The first line of each finding, by what it names."""
        lines = [line for line in self.server.log().splitlines() if "resident doctor:" in line]
        found = {}
        for line in lines:
            found.setdefault(re.search(r'what=("[^"]*"|\S+)', line)[1].strip('"'), line)
        return found


@pytest.fixture
def examined(start_tusk, tmp_path):
    def start(*options) -> Examined:
        file = tmp_path / "left_open.txt"
        file.write_text("text")
        server = start_tusk(
            ROOT,
            *("--resident", SCRIPT, "--resident-workers", 1, "--resident-doctor"),
            *options,
            env={"TEST_FILE": file},
        )
        return Examined(server, file)

    return start


def test_a_clean_script_has_no_findings(examined):
    examined = examined()
    for _ in range(ENOUGH):
        examined.get()
        examined.get("exit")
    examined.get("user", user="a")  # so that the lines of those before are written
    examined.server.wait_for_log("LastUser::")
    assert set(examined.findings()) == {"LastUser::$name"}
    assert "is for development" in examined.server.log()


def test_what_crosses_is_named_and_its_value_is_not(examined):
    examined = examined()
    examined.get()
    examined.get("user", user="mary-secret")
    examined.get("user", user="jack-secret")
    for do in ("global", "new_global", "static", "static", "file", "transaction"):
        examined.get(do)
    examined.server.wait_for_log("transaction of MyPdo")
    found = examined.findings()
    assert "before=null after=string(11)" in found["LastUser::$name"]
    assert 'before=int after="another int"' in found["global $total"]
    assert 'before="not set" after=string(6)' in found["global $forgotten"]
    assert 'before=int after="another int"' in found["counted() $calls"]
    assert "stdClass's dynamic properties" in found
    assert "left a descriptor open" in found[f"file {examined.file}"]
    assert "left a transaction open" in found["transaction of MyPdo"]
    assert "path=/app.php" in found["global $total"]
    examined_log = examined.server.log()
    lines = [line for line in examined_log.splitlines() if "resident doctor:" in line]
    assert not [line for line in lines if "secret" in line or "user=" in line]
    # Once more is not once more in the log.
    assert sum("LastUser::$name" in line for line in lines) == 1


def test_what_grows_is_named(examined):
    examined = examined()
    for _ in range(ENOUGH):
        examined.get("array")
        examined.get("service")
    examined.server.wait_for_log("objects of Service")
    examined.server.wait_for_log("memory in bytes")
    found = examined.findings()
    assert "made a value that stays longer" in found["LastUser::$history"]
    assert "made a value that stays longer" in found["Registry->services"]
    assert "grows with the requests" in found["objects of Service"]
    assert "grows with the requests" in found["memory in bytes"]
    examined.server.stop()  # the script's life ends
    assert re.search(r"again and again.*LastUser::\$history.* times=12", examined.server.log())
