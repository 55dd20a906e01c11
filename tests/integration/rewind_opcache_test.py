"""OPcache of a rewound pool: it cannot restart where the boot uses it, so another host begins with an empty one."""

import os
import time

import pytest

from harness.wait import wait_for
from harness.worker_processes import Load, children
from integration.rewind_test import app, pytestmark  # noqa: F401

FULL = {
    "memory": ("opcache.memory_consumption", "-d", "opcache.memory_consumption=8",
               "-d", "opcache.interned_strings_buffer=1"),
    "keys": ("opcache.max_accelerated_files", "-d", "opcache.max_accelerated_files=200"),
}  # fmt: skip
SCRIPT = """<?php while (tusk_handle_request(function () {
  if (isset($_GET['n'])) echo count(include "FOLDER/$_GET[n].php");
  else echo json_encode(['host' => posix_getppid(), 'cached' => opcache_get_status(false)['opcache_enabled']]); }));"""


def write(folder, number, version):
    words = ", ".join(f'"{number} {version} {i} {"x" * 60}"' for i in range(500))
    file = folder / "new"
    file.write_text(f"<?php return [{words}];")
    os.utime(file, (time.time() - 1000 + version,) * 2)
    file.rename(folder / f"{number}.php")  # it is never seen half written


@pytest.mark.parametrize("what", FULL)
def test_a_full_opcache_leads_to_a_new_host_and_loses_no_request(app, tmp_path, what):  # noqa: F811
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, 0, 0)
    setting, *options = FULL[what]
    app = app(*options, "-d", "opcache.max_wasted_percentage=1", "-d", "opcache.revalidate_freq=0",
              "-d", "opcache.file_update_protection=0", "--log-level", "info",
              script=SCRIPT.replace("FOLDER", str(folder)), workers=2)
    first = app.get().json()["host"]
    load = Load(app.server, path="/app.php?n=0")
    numbers = range(300 if what == "keys" else 80)
    for version in range(5):
        for number in numbers:
            write(folder, number, version)
            assert app.get(n=number).text == "500"
        if app.get().json()["host"] != first:
            break
    wait_for(lambda: app.get().json()["host"] != first, "a new host")
    wait_for(lambda: first not in children(app.server.pid), "the end of the one before")
    assert set(load.stop()) == {200}
    assert app.get().json()["cached"]
    assert f"{setting} is too small" in app.server.log()
    assert app.server.metrics().value("tusk_opcache_restarts_total", reason=what) >= 1
