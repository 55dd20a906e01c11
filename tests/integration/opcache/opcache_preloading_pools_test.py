"""Preloading with pools: each worker of each pool has the preloaded code, the boot of a resident script too."""

import os

import pytest

from harness.opcache import directives, tells_restarts
from harness.server import needs_cached_scripts, run_tusk
from harness.wait import wait_for

pytestmark = needs_cached_scripts

USES = "class_exists('Preloaded\\Words', false) ? Preloaded\\Words::count() . ' ' . Preloaded\\words() : 'nothing'"
SITE = {
    "plain.php": f"<?php echo {USES};",
    "other.php": f"<?php echo {USES};",
    "reset.php": "<?php var_dump(opcache_reset());",
    "app.php": f"""<?php
        $boot = {USES};
        while (tusk_handle_request(function () use ($boot) {{ echo "$boot, ", {USES}; }}));
    """,
}


def preload(words: str) -> str:
    """Code whose static property begins anew with each script."""
    return f"""<?php
        namespace Preloaded;
        class Words {{
            private static int $count = 0;
            public static function count(): int {{ return ++self::$count; }}
        }}
        function words(): string {{ return '{words}'; }}
    """


@pytest.fixture
def site(make_root, tmp_path):
    root = make_root(SITE)
    (tmp_path / "preload.php").write_text(preload("first"))
    (tmp_path / "tusk.toml").write_text(
        "php_workers = 2\n"
        "[[pool]]\nname = 'other'\nmatch = ['/other.php']\nworkers = 1\n"
        "[[pool]]\nname = 'app'\nscript = 'root/app.php'\nworkers = 2\nmax_requests = 5\n"
    )
    options = directives(preload=tmp_path / "preload.php")
    if os.geteuid() == 0:
        options += directives(preload_user="root")
    return root, tmp_path / "preload.php", ("--config", tmp_path / "tusk.toml", *options)


def check(tusk, words: str, resident_requests: int) -> None:
    with tusk.new_client(headers={"Connection": "close"}) as client:
        for _ in range(3):
            assert client.get("/plain.php").text == f"1 {words}"
            assert client.get("/other.php").text == f"1 {words}"
        # A resident script's static properties go on, from its boot to its last request.
        for _ in range(resident_requests):
            boot, _, now = client.get("/app.php").text.partition(", ")
            assert boot == f"1 {words}"
            count, _, said = now.partition(" ")
            assert int(count) >= 2 and said == words


def test_each_pool_has_the_preloaded_code(start_tusk, site):
    """Also in scripts that boot anew after a restart of OPcache or after max_requests, and in the next generation,
    which has what the preload script says then. After a reload with one that fails, the log says why, and the
    generation before serves."""
    root, script, options = site
    tusk = start_tusk(root, *options, supervised=True)
    check(tusk, "first", 8)
    boots = tusk.metrics().value("tusk_pool_boots_total", pool="app")
    script.write_text(preload("second"))
    assert tusk.get("/reset.php").text == "bool(true)\n"
    check(tusk, "first", 15)
    if tells_restarts():
        assert tusk.metrics().value("tusk_opcache_restarts_total", reason="reset") == 1
    # Published once a second; a busy worker boots anew when its request has ended.
    wait_for(lambda: tusk.metrics().value("tusk_pool_boots_total", pool="app") > boots, "another boot")
    answer = tusk.command("reload", "--new-generation")
    assert answer.returncode == 0, answer.stderr
    check(tusk, "second", 8)
    failures = {
        "<?php throw new Exception('no such words');": "Uncaught Exception: no such words",
        "<?php class {": "syntax error",
    }
    for text, reason in failures.items():
        script.write_text(text)
        since = tusk.log_size()
        answer = tusk.command("reload", "--new-generation")
        assert answer.returncode != 0 and reason in tusk.log(since), (answer.stderr, tusk.log(since))
        check(tusk, "second", 2)
    script.write_text(preload("third"))
    assert tusk.command("reload", "--new-generation").returncode == 0
    check(tusk, "third", 4)


def test_a_start_with_a_preload_script_that_fails(site):
    root, script, options = site
    script.write_text("<?php throw new Exception('no such words');")
    result = run_tusk("serve", "--root", root, "--listen", "127.0.0.1:0", "--internal-addr", "off", *options)
    assert result.returncode == 1
    assert "Uncaught Exception: no such words" in result.stderr and "preload.php" in result.stderr
    assert " on http" not in result.stderr, "it does not serve"
