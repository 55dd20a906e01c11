"""request_cpu_timeout: how much processor time a script may use. Waiting does not count."""

import pytest

from harness.engine import ENGINES

SCRIPT = """<?php
function burn() { while (true) hash('sha256', 'x'); }
switch ($_GET['do']) {
  case 'burn': burn();
  case 'wait': usleep(1_500_000); echo 'waited'; return;
}"""


@pytest.fixture(params=ENGINES)
def tusk(request, start_tusk, make_root):
    return start_tusk(make_root({"a.php": SCRIPT}), "--engine", request.param, "--workers", 2,
                      "--request-cpu-timeout", "300ms", "-d", "max_execution_time=0")


def test_a_script_that_computes_is_ended(tusk):
    for _ in range(2):  # each request has the whole time
        answer = tusk.get("/a.php?do=burn")
        assert answer.status_code == 504
    tusk.wait_for_log("More than 300 ms of processor time were used")
    tusk.wait_for_log(r"request timed out .*burn\(\)")
    assert "Request timeout of" not in tusk.log()


def test_a_script_that_waits_for_longer_is_not(tusk):
    assert tusk.get("/a.php?do=wait").text == "waited"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pool_has_its_own(start_tusk, make_root, tmp_path, engine):
    root = make_root({"quick/a.php": SCRIPT, "export/a.php": "<?php for ($n = 0; $n < 20_000_000; $n++); echo $n;"})
    file = tmp_path / "tusk.toml"
    file.write_text(f"document_root = '{root}'\nengine = '{engine}'\nrequest_cpu_timeout = '1h'\n"
                    "[[pool]]\nname = 'quick'\nmatch = '/quick/**'\nrequest_cpu_timeout = '100ms'\n")
    tusk = start_tusk(root, "--config", file)
    assert tusk.get("/quick/a.php?do=burn").status_code == 504
    assert tusk.get("/export/a.php").text == "20000000"
