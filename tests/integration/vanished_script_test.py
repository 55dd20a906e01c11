"""A script that is gone when its turn comes: routing has found it, and then a deployment removed
it."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.wait import wait_for

GATE = """<?php
touch($_GET['began']);
while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); }
echo 'through';
"""


@pytest.fixture
def site(make_root):
    return make_root({"gate.php": GATE, "page.php": "<?php echo 'the page';", "sub/page.php": "<?php echo 'sub';"})


def ask_while(tusk, tmp_path, target, happens, **headers):
    """Returns the answer to a request that waits for its worker while something happens."""
    began, gate = tmp_path / "began", tmp_path / "gate"
    for mark in (began, gate):
        mark.unlink(missing_ok=True)
    with ThreadPoolExecutor() as pool:
        holder = pool.submit(tusk.get, f"/gate.php?began={began}&until={gate}")
        wait_for(began.exists, "the worker to be held")
        answer = pool.submit(tusk.new_client().get, target, headers=headers)
        tusk.wait_for_metric(1, "tusk_queue_depth")
        try:
            happens()
        finally:
            gate.touch()
        assert holder.result().text == "through"
        return answer.result()


def become_file(directory):
    shutil.rmtree(directory)
    directory.write_text("a file")


def become_directory(file):
    file.unlink()
    file.mkdir()


def lead_to(file, target):
    file.unlink()
    file.symlink_to(target)


WAYS = {
    "removed": lambda root: (root / "sub/page.php").unlink(),
    "with its directory": lambda root: shutil.rmtree(root / "sub"),
    "directory is a file": lambda root: become_file(root / "sub"),
    "a directory": lambda root: become_directory(root / "sub/page.php"),
    "link to itself": lambda root: lead_to(root / "sub/page.php", "page.php"),
    "link to nothing": lambda root: lead_to(root / "sub/page.php", "nothing.php"),
    "link to a device": lambda root: lead_to(root / "sub/page.php", "/dev/null"),
}


@pytest.mark.parametrize("executor", ["ext", "php"])
@pytest.mark.parametrize("way", WAYS)
def test_a_script_that_is_gone_is_404(start_tusk, site, tmp_path, way, executor):
    """However it disappears; neither its output, PHP's error, nor prepended output is sent. When
    it exists again, it is served at once."""
    (tmp_path / "prepend.php").write_text("<?php if (!isset($_GET['began'])) echo 'prepended, ';")
    tusk = start_tusk(site, "--workers", 1, "--executor", executor, "-d", f"auto_prepend_file={tmp_path}/prepend.php",
                      "-d", "display_errors=1", "-d", "log_errors=1")
    answer = ask_while(tusk, tmp_path, "/sub/page.php", lambda: WAYS[way](site))
    assert answer.status_code == 404 and "<h1>404" in answer.text.replace("\n", ""), answer.text
    assert "prepended" not in answer.text and str(site) not in answer.text
    assert "Failed opening" not in tusk.log() and "Failed to open" not in tusk.log()
    tusk.wait_for_log("the script of a request cannot be opened")
    assert tusk.get("/sub/page.php").status_code == 404
    if (site / "sub").is_file():
        (site / "sub").unlink()
    shutil.rmtree(site / "sub", ignore_errors=True)
    (site / "sub").mkdir()
    (site / "sub/page.php").write_text("<?php echo 'again';")
    assert tusk.get("/page.php").text == "prepended, the page"
    assert tusk.get("/sub/page.php").text == "prepended, again"
    assert tusk.metrics().value("tusk_php_fatal_errors_total") == 0


def test_the_answer_is_as_for_other_errors(start_tusk, site, tmp_path):
    """JSON for clients that prefer it, the site's own page for others."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "404.html").write_text("nothing here")
    tusk = start_tusk(site, "--workers", 1, "--error-pages-dir", pages)
    html = ask_while(tusk, tmp_path, "/page.php", (site / "page.php").unlink)
    assert (html.status_code, html.text) == (404, "nothing here")
    (site / "page.php").write_text("<?php echo 'again';")
    json = ask_while(tusk, tmp_path, "/page.php", (site / "page.php").unlink, accept="application/json")
    assert json.status_code == json.json()["status"] == 404


def test_a_deployment_file_by_file(start_tusk, site):
    """The script is removed and put in place again a thousand times: every answer is the
    script's, or 404."""
    tusk = start_tusk(site, "--workers", 2, "-d", "opcache.revalidate_freq=0")
    ended = threading.Event()

    def deploy():
        for number in range(1000):
            (site / "new").write_text(f"<?php echo 'release ', {number};")
            (site / "page.php").unlink()
            os.rename(site / "new", site / "page.php")
        ended.set()

    def ask():
        seen = set()
        with tusk.raw() as client:
            while not ended.is_set():
                response = client.get("/page.php")
                seen.add((response.status, "release" in response.text or "the page" in response.text))
        return seen

    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(ask) for _ in range(3)]
        pool.submit(deploy).result()
        for seen in answers:
            assert (200, True) in seen.result() and seen.result() <= {(200, True), (404, False)}
    assert tusk.get("/page.php").text == "release 999"
    assert tusk.metrics().value("tusk_php_fatal_errors_total") == 0
