"""DIRECTORY_LISTING: off by default."""

import concurrent.futures
import html
import json
import os
import re

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


def test_times_are_in_utc_and_for_programs(start_tusk, make_root):
    root = make_root({"docs/a.txt": "a" * 1434})
    os.utime(root / "docs/a.txt", (784111777, 784111777))
    tusk = start_tusk(root, "--directory-listing", env={"TZ": "Asia/Tokyo"})
    entry = tusk.get("/docs/", headers={"Accept": "application/json"}).json()[0]
    assert entry == {"name": "a.txt", "type": "file", "mtime": "1994-11-06T08:49:37Z", "size": 1434}
    page = tusk.get("/docs/").text
    assert 'title="1994-11-06 08:49:37 UTC">1994-11-06 08:49<' in page
    assert 'title="1434 bytes">1.4 KiB<' in page


def test_the_headings_sort(start_tusk, make_root):
    """By links alone. Directories stay first; a query that means something else changes nothing."""
    root = make_root({"d/file10": "x", "d/file2": "xxx", "d/File1": "xx", "d/sub/x": ""})
    for number, name in enumerate(("file2", "file10", "File1")):
        os.utime(root / "d" / name, (number, number))
    tusk = start_tusk(root, "--directory-listing")
    orders = {
        "": "File1 file2 file10",
        "?C=N&O=D": "file10 file2 File1",
        "?C=S&O=A": "file10 File1 file2",
        "?C=M;O=D": "File1 file10 file2",
        "?utm_source=x": "File1 file2 file10",
    }
    for query, order in orders.items():
        page = tusk.get(f"/d/{query}").text
        assert re.findall(r'<td><a href="([^".]+)">', page) == ["sub/", *order.split()], query
        names = [entry["name"] for entry in tusk.get(f"/d/{query}", headers={"Accept": "application/json"}).json()]
        assert names == ["sub", *order.split()], query
    links = re.findall(r'<th[^>]*><a rel="nofollow" href="([^"]+)">', tusk.get("/d/").text)
    assert [html.unescape(link) for link in links] == ["?C=N&O=D", "?C=S&O=D", "?C=M&O=D"]


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


def test_an_index_is_preferred(listing):
    assert listing.get("/with/").text == "index"
    assert listing.get("/missing/").status_code == 404


def test_methods(listing):
    head = listing.client.head("/docs/")
    assert head.status_code == 200 and not head.content
    post = listing.post("/docs/")
    assert post.status_code == 405 and post.headers["allow"] == "GET, HEAD, OPTIONS"
    options = listing.client.options("/docs/")
    assert options.status_code == 204 and options.headers["allow"] == "GET, HEAD, OPTIONS"


MANY = 8000


@pytest.fixture(scope="module")
def large(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("large")
    (root / "many").mkdir()
    for number in range(MANY):
        (root / f"many/file-{number:05}").touch()
    (root / "a.txt").write_text("small")
    return start_module_tusk(root, "--directory-listing", "--io-threads", 1)


def test_others_are_served_while_a_large_directory_is_read(large):
    """While a listing is being made, requests that came later are answered."""

    def answered_meanwhile() -> int:
        with large.raw() as asks, large.raw() as other:
            assert other.get("/a.txt").text == "small"
            asks.request("GET", "/many/", "Accept: application/json")
            count = 0
            while asks.has_nothing_to_read():
                assert other.get("/a.txt").text == "small"
                count += 1
            response = asks.response()
        assert response.status == 200 and len(json.loads(response.text)) == MANY
        return count

    # If the loop made the listing, at most one would be answered: one that arrived in the same
    # round.
    assert max(answered_meanwhile() for _ in range(5)) > 2


def test_clients_that_ask_again_and_again_get_the_same(large):
    """Many requests at a time, as a page and as JSON, over several connections."""
    expected = [f"file-{number:05}" for number in range(MANY)]

    def ask(number: int) -> list:
        client = large.new_client()
        if number % 2:
            answer = client.get("/many/", headers={"Accept": "application/json"})
            return [entry["name"] for entry in answer.json()]
        return re.findall(r'<a href="(file-\d+)">', client.get("/many/").text)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(names == expected for names in pool.map(ask, range(48)))


def test_clients_that_leave_before_the_listing_is_made(large):
    for _ in range(20):
        large.raw().request("GET", "/many/").close()
    assert large.get("/many/").status_code == 200


def test_a_new_file_is_listed_at_once(start_tusk, make_root):
    root = make_root(
        {"docs/a.txt": "a", "make.php": "<?php touch(__DIR__ . '/docs/' . $_GET['name']); echo 'made';"}
    )
    tusk = start_tusk(root, "--directory-listing")
    for number in range(20):
        assert tusk.get(f"/make.php?name=new{number}").text == "made"
        assert f"new{number}" in tusk.get("/docs/").text
