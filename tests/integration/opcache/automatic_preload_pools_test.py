"""preload = "auto" with pools that run another PHP: each PHP has a list of its own."""

import json
import os

import pytest

from harness.server import needs_cached_scripts, run_tusk
from harness.wait import wait_for
from harness.worker_processes import HOST

pytestmark = [needs_cached_scripts, pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")]

PAGE = """<?php
    require_once __DIR__ . '/src/{name}.php';
    echo json_encode([{name}::NAME, opcache_get_status(false)['preload_statistics']['classes'] ?? []]);
"""
FILES = {f"{name.lower()}.php": PAGE.replace("{name}", name) for name in ("Shop", "Blog", "Forum")} | {
    f"src/{name}.php": f"<?php final class {name} {{ const NAME = '{name.lower()}'; }}"
    for name in ("Shop", "Blog", "Forum")}


@pytest.fixture
def site(start_tusk, make_root, tmp_path):
    """The default pool, one of another engine or another host, and a resident one."""
    def start(engine):
        root = make_root(FILES | {
            "resident.php": "<?php while (tusk_handle_request(fn () => print('resident')));"})
        # The same program under another name is another PHP host.
        os.symlink(HOST, tmp_path / "other-php-host")
        (tmp_path / "tusk.toml").write_text(
            f"engine = '{engine}'\nphp_workers = 1\npreload = 'auto'\n"
            f"preload_file = '{tmp_path}/state/list.json'\n"
            f"[[pool]]\nname = 'blog'\nmatch = ['/blog.php']\nworkers = 1\nengine = 'processes'\n"
            f"php_host = '{tmp_path}/other-php-host'\n"
            f"[[pool]]\nname = 'app'\nscript = '{root}/resident.php'\nmode = 'rewind'\nworkers = 1\n")
        options = ("--root", root, "--config", tmp_path / "tusk.toml")
        return start_tusk(root, *options[2:], supervised=True), options

    return start


def lists(options) -> list:
    done = run_tusk("preload", "list", "--json", *options)
    if done.returncode != 0:
        return []
    return [{os.path.basename(file["path"]) for file in one["files"]} for one in json.loads(done.stdout)]


@pytest.mark.parametrize("engine", ["auto", "processes"])
def test_each_php_preloads_what_its_pools_use(site, engine):
    tusk, options = site(engine)

    def get(page):
        answer = tusk.get(page, headers={"Connection": "close"})
        assert answer.status_code == 200
        return answer.json()

    def recorded():
        get("/shop.php"), get("/blog.php"), tusk.get("/resident.php")
        return [len(one) for one in lists(options)] == [2, 2]

    wait_for(recorded, "both lists", poll_s=0.2)
    assert lists(options) == [{"shop.php", "Shop.php"}, {"blog.php", "Blog.php"}]
    assert get("/shop.php") == ["shop", []] and get("/blog.php") == ["blog", []]
    assert tusk.command("reload", "--new-generation").returncode == 0
    wait_for(lambda: get("/shop.php") == ["shop", ["Shop"]], "the default pool's class", poll_s=0.1)
    wait_for(lambda: get("/blog.php") == ["blog", ["Blog"]], "the other pool's class", poll_s=0.1)
    assert get("/forum.php") == ["forum", ["Shop"]]
    lines = [line for line in run_tusk("check", *options).stdout.splitlines() if line.startswith("preload: ")]
    assert len(lines) == 2 and all(line.endswith("recorded, 1 preloaded") for line in lines)
    assert run_tusk("preload", "clear", *options).returncode == 0
    assert lists(options) == [set(), set()]


def test_a_changed_file_of_either_list_replaces_the_process(site, make_root):
    tusk, options = site("auto")
    wait_for(lambda: tusk.get("/blog.php").status_code == 200 and [len(one) for one in lists(options)][1:] == [2],
             "the other pool's list", poll_s=0.2)
    assert tusk.command("reload", "--new-generation").returncode == 0
    wait_for(lambda: "Blog" in tusk.get("/blog.php", headers={"Connection": "close"}).json()[1], "its class", poll_s=0.1)
    make_root({"src/Blog.php": "<?php final class Blog { const NAME = 'changed'; }"})
    wait_for(lambda: tusk.get("/blog.php", headers={"Connection": "close"}).json()[0] == "changed", "new code", poll_s=0.2)
