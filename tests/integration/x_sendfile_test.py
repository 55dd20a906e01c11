"""X-Sendfile and X-Accel-Redirect: a script decides, and the server sends the file."""

import os

import pytest

from harness.wait import wait_for

SCRIPT = """<?php
foreach (['X-Sendfile', 'X-Accel-Redirect', 'Content-Type', 'Content-Disposition'] as $name) {
    if (isset($_GET[$name])) header("$name: {$_GET[$name]}");
}
setcookie('seen', '1');
echo 'output of the script';
if (isset($_GET['flush'])) { flush(); echo str_repeat('more', 100000); flush(); }
if (isset($_GET['done'])) register_shutdown_function(fn () => touch($_GET['done']));
"""


@pytest.fixture
def site(start_tusk, make_root, tmp_path):
    root = make_root({"get.php": SCRIPT, "session.php": "<?php session_start(); echo 'x';"})
    store = tmp_path / "store"
    (store / "sub").mkdir(parents=True)
    (store / "report.pdf").write_bytes(b"0123456789")
    (store / "sub/odd name%.txt").write_text("odd")
    (store / "big.bin").write_bytes(os.urandom(8_000_000))
    (tmp_path / "secret.txt").write_text("SECRET")
    tusk = start_tusk(
        root,
        *("--workers", 1, "--sendfile-roots", store, "--accel-locations", f"/protected/={store}"),
    )
    tusk.store = store
    return tusk


def test_by_name_and_by_url(site):
    for query in (
        {"X-Sendfile": str(site.store / "report.pdf")},
        {"X-Sendfile": "report.pdf"},
        {"X-Accel-Redirect": "/protected/report.pdf"},
    ):
        answer = site.get("/get.php", params=query)
        assert answer.status_code == 200 and answer.content == b"0123456789"
        assert answer.headers["content-length"] == "10"
        assert answer.headers["set-cookie"].startswith("seen=1")
        assert "x-sendfile" not in answer.headers and "x-accel-redirect" not in answer.headers
    assert site.get("/get.php", params={"X-Accel-Redirect": "/protected/sub/odd%20name%25.txt"}).text == "odd"
    assert site.get("/get.php", params={"X-Sendfile": "sub/odd name%.txt"}).text == "odd"


def test_the_scripts_fields_stay(site):
    """The response keeps the script's header fields."""
    query = {
        "X-Sendfile": "report.pdf",
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="r.pdf"',
    }
    answer = site.get("/get.php", params=query)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="r.pdf"'
    assert answer.headers["accept-ranges"] == "bytes" and answer.headers["etag"]


def test_ranges_and_conditions(site):
    query = {"X-Sendfile": "report.pdf"}
    whole = site.get("/get.php", params=query)
    part = site.get("/get.php", params=query, headers={"Range": "bytes=2-4"})
    assert part.status_code == 206 and part.content == b"234"
    assert part.headers["content-range"] == "bytes 2-4/10"
    tag = {"If-None-Match": whole.headers["etag"]}
    assert site.get("/get.php", params=query, headers=tag).status_code == 304
    answer = site.get("/get.php", params=query, headers={"Range": "bytes=20-"})
    assert answer.status_code == 416 and answer.headers["content-range"] == "bytes */10"
    head = site.client.head("/get.php", params=query)
    assert head.status_code == 200 and head.headers["content-length"] == "10"
    assert site.post("/get.php", params=query).content == b"0123456789"


@pytest.mark.parametrize(
    "query",
    [
        {"X-Sendfile": "/etc/passwd"},
        {"X-Sendfile": "../secret.txt"},
        {"X-Sendfile": "{store}/../secret.txt"},
        {"X-Sendfile": "missing"},
        {"X-Sendfile": "{store}"},
        {"X-Accel-Redirect": "/protected/../secret.txt"},
        {"X-Accel-Redirect": "/protected/%2e%2e/secret.txt"},
        {"X-Accel-Redirect": "/etc/passwd"},
        {"X-Accel-Redirect": "/protected/missing"},
        {"X-Accel-Redirect": "/protected/"},
    ],
)
def test_no_other_file_is_handed_out(site, query):
    """404, without the script's output, and without naming where it looked."""
    query = {name: value.replace("{store}", str(site.store)) for name, value in query.items()}
    answer = site.get("/get.php", params=query)
    assert answer.status_code == 404
    assert b"SECRET" not in answer.content and b"output of" not in answer.content
    assert "x-sendfile" not in answer.headers and "x-accel-redirect" not in answer.headers
    site.wait_for_log("a script asked to send a file|cannot open a file")


def test_not_configured(start_tusk, make_root):
    """The fields never reach the client; the script's own output does."""
    tusk = start_tusk(make_root({"get.php": SCRIPT}))
    for query in ({"X-Sendfile": "/etc/passwd"}, {"X-Accel-Redirect": "/etc/passwd"}):
        answer = tusk.get("/get.php", params=query)
        assert answer.status_code == 200 and answer.text == "output of the script"
        assert "x-sendfile" not in answer.headers and "x-accel-redirect" not in answer.headers
    tusk.wait_for_log("the option for it is not set")


def test_urls_of_locations_are_no_urls_of_the_site(site):
    assert site.get("/protected/report.pdf").status_code == 404


def test_the_worker_is_free_while_the_file_is_sent(site):
    """There is one worker; a client that has not read its file yet does not occupy it."""
    with site.raw() as slow:
        slow.set_receive_buffer(65536)
        slow.request("GET", "/get.php?X-Sendfile=big.bin")
        length = int(slow.head().header("content-length"))
        for _ in range(5):
            assert site.get("/session.php").text == "x"
        assert slow.read_exactly(length) == (site.store / "big.bin").read_bytes()


def test_a_script_that_goes_on_writing(site, tmp_path):
    """Its output is discarded, and it ends like a script whose client has left."""
    answer = site.get("/get.php", params={"X-Sendfile": "report.pdf", "flush": "1"})
    assert answer.content == b"0123456789"
    done = tmp_path / "done"
    answer = site.get("/get.php", params={"X-Sendfile": "report.pdf", "done": str(done)})
    assert answer.content == b"0123456789"
    wait_for(done.exists, "the shutdown function")
    assert site.get("/session.php").text == "x"
