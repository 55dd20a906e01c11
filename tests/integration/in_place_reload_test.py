"""A reload that changes only options which change in place: the server processes stay."""

import json
import os
import signal

import httpx
import pytest

from harness.certificates import Authority
from harness.server import PHP_SCRIPTS
from harness.tls import TlsClient, client_context
from harness.wait import wait_for

LOGS = {"log.php": "<?php tusk_log('debug', 'line ' . $_GET['n']); echo 'logged';"}


@pytest.fixture
def configured(start_tusk, make_root, tmp_path):
    """A supervised server with a configuration file, which configure() writes."""

    class Configured:
        def __init__(self):
            self.file = tmp_path / "tusk.toml"
            self.ini = tmp_path / "php.ini"
            self.ini.write_text("precision=14\n")

        def configure(self, text: str) -> None:
            self.file.write_text(text)

        def start(self, text: str = "", *args):
            self.configure(text)
            return start_tusk(make_root(LOGS), "--config", self.file, "--php-ini", self.ini, "--workers", 1,
                              *args, supervised=True)  # fmt: skip

    return Configured()


def reload(tusk, *flags) -> str:
    done = tusk.command("reload", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_values_change_while_connections_stay(configured):
    tusk = configured.start("", "--processes", 2)
    before = tusk.server_pids()
    kept = tusk.client
    assert kept.get("/log.php?n=1").text == "logged"
    configured.configure('log_level = "debug"\nslow_memory = "1GiB"\n')
    assert reload(tusk) == "applied without a new generation: log_level, slow_memory\n"
    assert kept.get("/log.php?n=2").text == "logged"
    tusk.wait_for_log("line 2")
    assert "line 1" not in tusk.log()
    effective = {o["name"]: o["value"] for o in tusk.admin("/config").json()}
    assert effective["log_level"] == "debug"

    # SIGHUP does the same.
    since = tusk.log_size()
    configured.configure('log_level = "debug"\nrate_limit = 1000\nrate_window = "1h"\n')
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log('reloaded without a new generation changed="rate_limit, rate_window, slow_memory"', since)
    assert kept.get("/log.php?n=3").status_code == 200
    configured.configure('log_level = "debug"\nrate_limit = 1\nrate_window = "1h"\n')
    assert reload(tusk) == "applied without a new generation: rate_limit\n"
    # It was counted before: the client has sent one already.
    assert kept.get("/log.php?n=4").status_code == 429
    configured.configure('log_level = "debug"\n')
    reload(tusk)
    assert kept.get("/log.php?n=5").status_code == 200
    assert tusk.server_pids() == before
    assert tusk.metrics().value("tusk_reloads_total", result="in_place") == 4
    assert json.loads(tusk.command("status", "--json").stdout)["generation"] == 1

    # A process that takes the place of another one has the new values, too.
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(set(tusk.server_pids()) - set(before)) == 2, "other processes")
    assert httpx.get(f"{tusk.url}/log.php?n=6", trust_env=False, timeout=30).text == "logged"
    tusk.wait_for_log("line 6")


def test_all_else_makes_a_generation(configured):
    """Nothing that differs, another option beside it, a changed php.ini, and --new-generation. A
    wrong file changes nothing."""
    tusk = configured.start('log_level = "info"\n')
    assert reload(tusk) == "generation 2 serves\n"
    configured.configure('log_level = "debug"\nqueue_capacity = 17\n')
    assert reload(tusk) == "generation 3 serves\n"
    configured.ini.write_text("precision=15\n")
    configured.configure('log_level = "info"\nqueue_capacity = 17\n')
    assert reload(tusk) == "generation 4 serves\n"
    tusk.wait_for_log(rf'the change needs a new generation reason="{configured.ini} has changed"')
    configured.configure('log_level = "debug"\nqueue_capacity = 17\n')
    assert reload(tusk, "--new-generation") == "generation 5 serves\n"
    wait_for(lambda: len(tusk.server_pids()) == 1, "the old ones to be gone")

    before = tusk.server_pids()
    configured.configure('log_level = "loud"\n')
    wrong = tusk.command("reload")
    assert wrong.returncode == 1 and "log_level" in wrong.stderr
    assert tusk.server_pids() == before
    assert tusk.command("status", "--new-generation").returncode == 2
    assert httpx.get(f"{tusk.url}/log.php?n=1", trust_env=False).text == "logged"


def test_a_certificate_that_has_changed_is_in_use_after_the_reload(start_tusk, tmp_path):
    """With a value that changes in place beside it, or without."""
    authority = Authority(tmp_path)
    certificate = authority.issue("localhost", "one.example")
    config = tmp_path / "tusk.toml"
    config.write_text("")
    tusk = start_tusk(PHP_SCRIPTS, "--config", config, *certificate.flags(), supervised=True,
                      listen=["https://127.0.0.1:0"])  # fmt: skip

    def names() -> set:
        with TlsClient(tusk.port, client_context(authority.certificate)) as client:
            return client.names()

    assert "one.example" in names()
    for name, text in (("two.example", ""), ("three.example", 'log_level = "warn"\n')):
        config.write_text(text)
        certificate.replace_with(authority.issue("localhost", name))
        # On a slow machine the process itself may have noticed the new files before.
        assert reload(tusk).startswith("generation ") or name in names()
        # A process of the generation before may still accept a connection in this moment.
        wait_for(lambda: name in names(), "the new certificate")
