"""How long it takes with --watch until a resident script has its new code. `make drill-resident` prints it."""

import os
import statistics
import time
from collections import Counter

import pytest

from drills.resident_drill import part
from harness.wait import wait_for

CHANGES = 20


@pytest.mark.parametrize("supervised", [False, True], ids=["one process", "supervised"])
@pytest.mark.parametrize("boot", ["part.php", "work.php"])
def test_time_to_new_code(start_tusk, tmp_path, boot, supervised):
    """With --watch, from the moment in which the file has its new content until the first response that was
    made by it; a client asks every 2 ms. `boot` is the file that changes: one that the script includes, or itself."""
    root = tmp_path / "root"
    root.mkdir()
    script = "<?php\nrequire __DIR__ . '/part.php';\n$own = %d;\n" \
             "while (tusk_handle_request(function () use ($own) { echo part() + $own; }));\n"
    (root / "part.php").write_text(part(0))
    (root / "work.php").write_text(script % 0)
    tusk = start_tusk(root, "--resident", root / "work.php", "--resident-workers", 2, "--watch", "**/*.php",
                      cwd=root, supervised=supervised)
    client, times, answers = tusk.client, [], Counter()
    assert tusk.get("/work.php").text == "0"
    for change in range(1, CHANGES + 1):
        (tmp_path / "new").write_text(part(change) if boot == "part.php" else script % change)
        (tmp_path / "new").rename(root / boot)
        changed = time.monotonic()

        def is_new():
            answer = client.get("/work.php")
            answers[answer.status_code] += 1
            return answer.text == str(change)

        wait_for(is_new, "the new code", poll_s=0.002)
        times.append((time.monotonic() - changed) * 1e3)
        time.sleep(0.1)
    print(f"\n{boot} changes: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms; {dict(answers)};"
          f" load average {os.getloadavg()[0]:.1f}")
    assert set(answers) == {200}
