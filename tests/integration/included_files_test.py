"""Files that the configuration includes: their values take effect at the start and at a reload, in server processes
too, which read none of them."""

import json

import pytest

from harness.server import PHP_SCRIPTS


@pytest.fixture
def site(start_tusk, tmp_path):
    """A supervised server whose configuration includes conf.d; write() writes a file there."""

    class Site:
        main = tmp_path / "tusk.toml"

        def write(self, name: str, text: str) -> None:
            (tmp_path / "conf.d").mkdir(exist_ok=True)
            (tmp_path / "conf.d" / name).write_text(text)

        def start(self):
            self.main.write_text('include = ["conf.d/*.toml"]\nslow_request = "3s"\n')
            return start_tusk(PHP_SCRIPTS, "--config", self.main, "--workers", 1, supervised=True)

    return Site()


def value(tusk, name: str):
    """The value in effect in a server process."""
    return {option["name"]: option["value"] for option in tusk.admin("/config").json()}[name]


def test_included_files_take_effect_at_the_start_and_at_a_reload(site):
    """The last file decides; a new file comes with a reload, in place or not, and a wrong one changes nothing."""
    site.write("10-first.toml", 'slow_request = "4s"\n')
    tusk = site.start()
    assert value(tusk, "slow_request") == 4000
    site.write("20-second.toml", 'slow_request = "5s"\n')
    assert tusk.command("reload").stdout == "applied without a new generation: slow_request\n"
    assert value(tusk, "slow_request") == 5000
    site.write("20-second.toml", 'index_file = "index.php"\n')
    assert tusk.command("reload").returncode == 0
    assert value(tusk, "index_file") == "index.php" and value(tusk, "slow_request") == 4000
    site.write("30-wrong.toml", "no_option = 1\n")
    done = tusk.command("reload")
    assert done.returncode == 1 and "30-wrong.toml:1: unknown key 'no_option'" in done.stderr
    assert value(tusk, "slow_request") == 4000
    assert json.loads(tusk.command("status", "--json").stdout)["generation"] == 2
