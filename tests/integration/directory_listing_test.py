"""DIRECTORY_LISTING: off, unless it is asked for."""

import os

import pytest

FILES = {
    "docs/b.txt": "bb",
    "docs/a b&<c>.txt": "a",
    "docs/sub/x": "x",
    "docs/.secret": "s",
    "docs/config.php": "<?php echo 1;",
    "docs/config.php.bak": "<?php",
    "with/index.html": "index",
}


@pytest.fixture
def listing(start_tusk, make_root):
    root = make_root(FILES)
    os.mkfifo(root / "docs/fifo")
    return start_tusk(root, "--directory-listing")


def test_off_by_default(start_tusk, make_root):
    tusk = start_tusk(make_root(FILES))
    assert tusk.get("/docs/").status_code == 404


def test_a_page(listing):
    answer = listing.get("/docs/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.index("sub/") < answer.text.index("a b&amp;") < answer.text.index("b.txt")
    assert "<c>" not in answer.text and 'href="a%20b%26%3Cc%3E.txt"' in answer.text
    for hidden in ("secret", "config", "fifo"):
        assert hidden not in answer.text
    assert listing.get("/docs/a%20b%26%3Cc%3E.txt").text == "a"
    assert listing.get("/docs").headers["location"].endswith("/docs/")


def test_json(listing):
    answer = listing.get("/docs/", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"
    names = [(entry["name"], entry["type"], entry.get("size")) for entry in answer.json()]
    assert names == [
        ("sub", "directory", None),
        ("a b&<c>.txt", "file", 1),
        ("b.txt", "file", 2),
    ]


def test_a_long_one_is_compressed(start_tusk, make_root):
    files = {f"docs/some-file-{number}.txt": "x" for number in range(200)}
    tusk = start_tusk(make_root(files), "--directory-listing")
    plain = tusk.get("/docs/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for accept, name in (("text/html", "html"), ("application/json", "json")):
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        answer = tusk.get("/docs/", headers=headers)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert name in answer.headers["content-type"] and "some-file-199.txt" in answer.text
        assert int(answer.headers["content-length"]) < len(plain.content) / 5
        head = tusk.client.head("/docs/", headers=headers)
        assert head.headers["content-length"] == answer.headers["content-length"]
    assert tusk.get("/docs/", headers={"Accept-Encoding": "gzip"}).text == plain.text


def test_an_index_goes_first(listing):
    assert listing.get("/with/").text == "index"
    assert listing.get("/missing/").status_code == 404


def test_methods(listing):
    head = listing.client.head("/docs/")
    assert head.status_code == 200 and not head.content
    post = listing.post("/docs/")
    assert post.status_code == 405 and post.headers["allow"] == "GET, HEAD, OPTIONS"
    options = listing.client.options("/docs/")
    assert options.status_code == 204 and options.headers["allow"] == "GET, HEAD, OPTIONS"
