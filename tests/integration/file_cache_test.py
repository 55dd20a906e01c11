"""The file cache: changes are seen in time, and a response contains one version of a file."""

import gzip
import os
import time

import pytest

from harness.raw import ProtocolError
from harness.wait import wait_for

# Practically for ever, so that only a script's change can cause a new check.
TRUSTING = ("--file-cache-validity", "1h", "--workers", 1)


def test_changes_by_other_programs_are_seen_soon(start_tusk, make_root):
    """Contents, a new file, a removed one, and one that becomes a directory, without a restart."""
    root = make_root({"a.txt": "one", "gone.txt": "here", "index.html": "x"})
    tusk = start_tusk(root)
    assert tusk.get("/a.txt").text == "one" and tusk.get("/new.txt").status_code == 404
    assert tusk.get("/gone.txt").text == "here"
    (root / "a.txt").write_text("two")
    (root / "new.txt").write_text("new")
    (root / "gone.txt").unlink()
    wait_for(lambda: tusk.get("/a.txt").text == "two", "the new content")
    wait_for(lambda: tusk.get("/new.txt").text == "new", "the new file")
    wait_for(lambda: tusk.get("/gone.txt").status_code == 404, "the file to be gone")
    os.replace(root / "new.txt", root / "a.txt")
    wait_for(lambda: tusk.get("/a.txt").text == "new", "the file that took its place")


def test_changes_by_a_script_are_seen_at_once(start_tusk, make_root):
    root = make_root(
        {
            "write.php": "<?php file_put_contents(__DIR__ . '/' . $_GET['name'], $_GET['text']);",
            "unlink.php": "<?php unlink(__DIR__ . '/' . $_GET['name']);",
        }
    )
    tusk = start_tusk(root, *TRUSTING)
    for i in range(20):
        assert tusk.get("/thumb.txt").status_code == 404
        tusk.get(f"/write.php?name=thumb.txt&text={i}")
        assert tusk.get("/thumb.txt").text == str(i)
        tusk.get(f"/write.php?name=thumb.txt&text={i}x")
        assert tusk.get("/thumb.txt").text == f"{i}x"
        tusk.get("/unlink.php?name=thumb.txt")


def test_a_pipelined_request_sees_what_the_one_before_wrote(start_tusk, make_root):
    root = make_root({"write.php": "<?php file_put_contents(__DIR__ . '/a.txt', 'new');"})
    (root / "a.txt").write_text("old")
    tusk = start_tusk(root, *TRUSTING)
    assert tusk.get("/a.txt").text == "old"
    with tusk.raw() as connection:
        request = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
        connection.send(request % b"write.php" + request % b"a.txt")
        connection.response()
        assert connection.response().text == "new"


def test_cached_files_need_no_file_system(start_tusk, make_root):
    """Within its validity a small file is sent even after it was removed."""
    root = make_root({"a.txt": "content", "sub/index.html": "index"})
    tusk = start_tusk(root, *TRUSTING)
    tusk.get("/a.txt"), tusk.get("/sub/")
    (root / "a.txt").unlink()
    (root / "sub/index.html").unlink()
    assert tusk.get("/a.txt").text == "content" and tusk.get("/sub/").text == "index"


def test_without_a_cache(start_tusk, make_root):
    root = make_root({"a.txt": "one"})
    tusk = start_tusk(root, "--file-cache-entries", 0)
    assert tusk.get("/a.txt").text == "one"
    (root / "a.txt").write_text("two!")
    assert tusk.get("/a.txt").text == "two!"


def test_a_large_file_that_is_overwritten_is_never_mixed(start_tusk, make_root):
    """It is overwritten in place while it is sent: the response is cut off, and the next one is
    the new version."""
    size = 40_000_000
    root = make_root({"big.bin": b"a" * size})
    tusk = start_tusk(root, *TRUSTING)
    with tusk.raw() as connection:
        connection.set_receive_buffer(65536)
        connection.request("GET", "/big.bin")
        head = connection.head()
        assert int(head.header("content-length")) == size
        with open(root / "big.bin", "r+b") as file:
            file.write(b"b" * size)
        assert len(connection.read_to_end()) < size
    assert tusk.get("/big.bin").content == b"b" * size


def test_a_large_file_that_is_replaced_is_sent_to_its_end(start_tusk, make_root):
    """It is replaced by another file of the same name, as deployments do: a response that has
    begun is completed from the old one."""
    size = 20_000_000
    root = make_root({"big.bin": b"a" * size, "next.bin": b"b" * size})
    tusk = start_tusk(root)
    with tusk.raw() as connection:
        connection.set_receive_buffer(65536)
        connection.request("GET", "/big.bin")
        connection.head()
        os.replace(root / "next.bin", root / "big.bin")
        assert connection.read_exactly(size) == b"a" * size
        wait_for(lambda: connection.get("/big.bin").body[:1] == b"b", "the new file")


def test_many_files_and_few_descriptors(start_tusk, make_root):
    """All are served although there are more large files than may be kept open, and more small
    ones than may be cached."""
    files = {f"large{i}.bin": bytes([i]) * 100_000 for i in range(20)}
    files |= {f"small{i}.txt": f"small {i}" for i in range(100)}
    root = make_root(files)
    tusk = start_tusk(
        root, "--file-cache-descriptors", 4, "--file-cache-entries", 30, "--file-cache-bytes", "64K"
    )
    for _ in range(3):
        for i in range(20):
            assert tusk.get(f"/large{i}.bin").content == bytes([i]) * 100_000
        for i in range(100):
            assert tusk.get(f"/small{i}.txt").text == f"small {i}"
    kept = [
        link
        for link in os.scandir(f"/proc/{tusk.pid}/fd")
        if os.path.exists(link.path) and ".bin" in os.readlink(link.path)
    ]
    assert len(kept) <= 4


def test_precompressed_siblings(start_tusk, make_root):
    """x.br, x.zst or x.gz is sent instead of x, with Vary and a tag of its own, and only if it
    is not older."""
    css = b"body { color: ivory } " * 100
    root = make_root(
        {"a.css": css, "a.css.gz": gzip.compress(css), "a.css.br": b"as brotli", "b.css": css}
    )
    (root / "b.css.gz").write_bytes(b"of an older version")
    os.utime(root / "b.css.gz", (1, 1))
    tusk = start_tusk(root, "--compression=off")
    plain = tusk.get("/a.css", headers={"Accept-Encoding": "identity"})
    assert plain.content == css and plain.headers["vary"] == "Accept-Encoding"
    zipped = tusk.get("/a.css", headers={"Accept-Encoding": "gzip, br;q=0.1"})
    assert zipped.headers["content-encoding"] == "gzip" and zipped.content == css
    assert zipped.headers["content-type"] == "text/css; charset=utf-8"
    assert zipped.headers["vary"] == "Accept-Encoding"
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert zipped.headers["content-length"] == str((root / "a.css.gz").stat().st_size)
    with tusk.raw() as connection:
        response = connection.get("/a.css", "Accept-Encoding: gzip, deflate, br")
        assert (response.header("content-encoding"), response.body) == ("br", b"as brotli")
        response = connection.get("/b.css", "Accept-Encoding: gzip")
        assert response.header("content-encoding") is None and response.body == css
    off = start_tusk(root, "--precompressed=off", "--compression=off")
    answer = off.get("/a.css", headers={"Accept-Encoding": "gzip"})
    assert answer.content == css and "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ((), "/a.css", None),
        ((), "/app.3f9a1c2b.js", "public, max-age=31536000, immutable"),
        (("--static-cache-ttl", "1h"), "/a.css", "public, max-age=3600"),
        (("--static-cache-ttl", "1h"), "/app.3f9a1c2b.js", "public, max-age=31536000, immutable"),
    ],
)
def test_cache_control(start_tusk, make_root, options, path, expected):
    tusk = start_tusk(make_root({"a.css": "a", "app.3f9a1c2b.js": "b"}), *options)
    answer = tusk.get(path)
    assert answer.headers.get("cache-control") == expected
    again = tusk.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and again.headers.get("cache-control") == expected


def test_charset(start_tusk, make_root):
    root = make_root({"a.css": "a", "a.json": "{}"})
    tusk = start_tusk(root, "--static-charset", "iso-8859-1")
    assert tusk.get("/a.css").headers["content-type"] == "text/css; charset=iso-8859-1"
    assert tusk.get("/a.json").headers["content-type"] == "application/json"
    tusk = start_tusk(root, env={"STATIC_CHARSET": "off"})
    assert tusk.get("/a.css").headers["content-type"] == "text/css"


def test_changes_under_load_are_whole(start_tusk, make_root):
    """A small file is replaced again and again: each response is entirely of one version, with
    that version's length and tag."""
    root = make_root({"a.txt": "0" * 1000})
    tusk = start_tusk(root)
    tags = {}
    end = time.monotonic() + 2
    version = 0
    while time.monotonic() < end:
        version += 1
        character = chr(ord("a") + version % 26)
        (root / "next").write_text(character * (1000 + version % 7))
        os.replace(root / "next", root / "a.txt")
        for _ in range(20):
            answer = tusk.get("/a.txt", headers={"Accept-Encoding": "identity"})
            text = answer.text
            assert len(set(text)) == 1 and len(text) == int(answer.headers["content-length"])
            assert tags.setdefault(answer.headers["etag"], text) == text


def test_a_client_that_reads_slowly_gets_everything(start_tusk, make_root):
    """The server has to wait for it many times. With a smaller buffer the kernel's timers decide how
    long the test takes: two minutes."""
    content = os.urandom(5_000_000)
    tusk = start_tusk(make_root({"big.bin": content}))
    with tusk.raw() as connection:
        connection.set_receive_buffer(65536)
        connection.request("GET", "/big.bin", "Range: bytes=1000-3999999,4500000-4999999")
        head = connection.head()
        boundary = head.header("content-type").partition("boundary=")[2]
        body = connection.read_exactly(int(head.header("content-length")))
    parts = body.split(b"\r\n--" + boundary.encode())
    assert parts[1].endswith(content[1000:4000000]) and parts[2].endswith(content[4500000:])
    assert parts[3] == b"--\r\n"


def test_a_broken_response_is_not_followed_by_another(start_tusk, make_root):
    """If a file is truncated while it is sent, the connection ends, so that no later response
    can be mistaken for the rest of the body."""
    root = make_root({"big.bin": b"x" * 30_000_000, "a.txt": "other"})
    tusk = start_tusk(root)
    with tusk.raw() as connection:
        connection.set_receive_buffer(65536)
        request = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n"
        connection.send(request % b"big.bin" + request % b"a.txt")
        length = int(connection.head().header("content-length"))
        os.truncate(root / "big.bin", 0)
        with pytest.raises(ProtocolError):
            connection.read_exactly(length)
