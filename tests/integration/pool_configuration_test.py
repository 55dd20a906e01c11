"""Pools from the configuration to the route: `tusk check`, `tusk route` and `tusk config`."""

import pytest

from harness.server import run_tusk

FILE = """fallback = "/index.php"
php_workers = 2

[[pool]]
name = "export"
match = ["/export/*", "/style.css"]
workers = 1
env = { API_KEY = "hidden" }

[[pool]]
name = "api"
script = "api/worker.php"
match = "/api/**"
min = 1
max = 3
"""


@pytest.fixture
def place(tmp_path):
    """A site with two pools."""
    for name in ("site/index.php", "site/page.php", "site/style.css", "api/worker.php"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<?php")
    (tmp_path / "t.toml").write_text(FILE)
    return tmp_path


def test_check_shows_pools(place):
    """One line for each pool, without secrets; `tusk config` has none either."""
    arguments = ["--config", place / "t.toml", "--root", place / "site", "--resident", "site/page.php"]
    checked = run_tusk("check", *arguments, cwd=place)
    assert checked.returncode == 0, checked.stderr
    assert (
        "pool default: 2 workers, queue of 200, all other scripts\n"
        "pool export: 1 worker, queue of 100, for /export/* /style.css\n"
        f"pool api: 1 to 3 workers, queue of 300, resident script {place}/api/worker.php, for /api/**\n"
        f"pool resident: 2 workers, queue of 200, resident script {place}/site/page.php\n"
    ) in checked.stdout
    for form in ([], ["--json"]):
        shown = run_tusk("config", *form, *arguments, cwd=place)
        assert "API_KEY" in shown.stdout and "hidden" not in shown.stdout + checked.stdout


def test_route_names_the_pool(place):
    """It says which pool, and why."""

    def route(path: str) -> str:
        arguments = ["--config", place / "t.toml", "--root", place / "site", "--resident", "site/page.php"]
        return run_tusk("route", *arguments, path, cwd=place).stdout

    said = route("/export/a")
    assert f"pool      export ({place}/t.toml:4): /export/a matches /export/* /style.css\n" in said
    assert f"=> script {place}/site/index.php" in said and "pool          export\n" in said
    said = route("/api/x")
    assert f"=> script {place}/api/worker.php\n  SCRIPT_NAME   /worker.php\n" in said
    assert "pool          api, where the script is resident\n" in said
    said = route("/page.php")
    assert f"pool      resident (--resident): its script is {place}/site/page.php\n" in said
    said = route("/other")
    assert "pool      default: no other pool is for this request\n" in said
    assert "\n  pool " not in route("/style.css")


def test_mistakes_have_lines(place):
    """What is found late, in files and globs, names the pool's line as well."""
    (place / "t.toml").write_text(
        '[[pool]]\nname = "a"\nmatch = "/["\n[[pool]]\nname = "a"\nscript = "none.php"\n'
    )
    checked = run_tusk("check", "--config", place / "t.toml", "--root", place / "site")
    assert checked.returncode == 2
    lines = [line.replace(f"tusk: {place}/", "") for line in checked.stderr.splitlines()]
    assert lines[0] == f"t.toml:4: the pool 'a' is there already: {place}/t.toml:1"
    assert lines[1].startswith(f"t.toml:4: the script of the pool 'a': {place}/none.php: No such")
    assert lines[2].startswith("t.toml:1: the match of the pool 'a': '/[' is not a glob: ")
