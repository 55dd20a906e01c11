"""Worker processes (engine = "processes"): no request waits for a script that runs for long while
other workers answer later ones."""

import threading

import pytest

from harness.wait import wait_for
from harness.worker_processes import HOST

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

SITE = {
    "long.php": "<?php touch($_GET['began']); while (!file_exists($_GET['gate'])) usleep(1000);"
                " echo 'done';",
    "short.php": "<?php $until = hrtime(true) + $_GET['us'] * 1000;"
                 " while (hrtime(true) < $until);",
}
CLIENTS = 4
REQUESTS = 150  # of each client


@pytest.mark.parametrize("us", [3000, 50])
def test_none_is_overtaken_again_and_again(us, start_tusk, make_root, tmp_path):
    tusk = start_tusk(make_root(SITE), "--engine", "processes", "--workers", 2)
    for _ in range(50):  # the scripts are known to be quick, if they are
        assert tusk.get(f"/short.php?us={us}").status_code == 200
    began, gate = tmp_path / "began", tmp_path / "gate"
    answers = []
    answered = []  # one entry for each answer
    most_between = []

    def ask_long():
        answers.append(tusk.new_client().get(f"/long.php?began={began}&gate={gate}").text)

    def ask_short():
        client = tusk.new_client()
        most = 0
        for _ in range(REQUESTS):
            before = len(answered)
            assert client.get(f"/short.php?us={us}").status_code == 200
            most = max(most, len(answered) - before)
            answered.append(None)
        most_between.append(most)

    threads = [threading.Thread(target=ask_short) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(answered) >= CLIENTS, "the first answers")
    long = threading.Thread(target=ask_long)
    long.start()
    wait_for(began.exists, "the long script to begin")
    for thread in threads:
        thread.join()
    assert not answers
    gate.touch()
    long.join()
    assert answers == ["done"]
    # All others get as many answers meanwhile as their turns, and not all that they ask for.
    assert max(most_between) < REQUESTS
