"""What a resident script does after its last request has the time of a request, also in a worker process that is
asked to end."""

import pytest

from harness.wait import wait_for
from harness.worker_processes import HOST

SCRIPT = """<?php
while (tusk_handle_request(function () { echo 'served'; }));
for ($end = hrtime(true) + 12_000_000_000; hrtime(true) < $end;) usleep(1000);
file_put_contents(__DIR__ . '/done', 'x', FILE_APPEND);"""


@pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")
def test_a_script_ends_its_work_when_a_new_host_serves(start_tusk, make_root):
    root = make_root({"app.php": SCRIPT})
    tusk = start_tusk(root, "--engine", "processes", "--workers", 1, "--resident", root / "app.php",
                      "--resident-workers", 1, supervised=True)
    assert tusk.get("/app.php").text == "served"
    assert tusk.command("reload", "--php").returncode == 0
    wait_for(lambda: (root / "done").is_file(), "the end of the script's work", seconds=60)
    assert "does not end" not in tusk.log()
