"""Files that tusk compresses: for which clients, with which header fields, and without blocking
the loop."""

import concurrent.futures
import gzip
import os
import random
import subprocess

import pytest

from harness.http2 import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PRIORITY,
    Http2Client,
    RudeClient,
    block,
    frame,
)
from harness.wait import PATIENCE_S, wait_for


def text(lines: int, seed: str = "a") -> bytes:
    return "".join(f".rule-{seed}-{n} {{ margin: {n % 7}px }}\n" for n in range(lines)).encode()


CSS = text(1000)
NOISE = random.Random(1).randbytes(4000)


def write(path, content: bytes) -> None:
    """Writes a file that looks as if it was deployed a while ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def site(start_module_tusk, root):
    """A server for files only."""
    for name, content in {
        "style.css": CSS,
        "large.js": text(40_000),  # sent from its descriptor
        "huge.js": text(120_000),
        "small.css": CSS[:255],
        "edge.css": CSS[:256],
        "noise.txt": NOISE,
        "a.png": CSS,
        "with.css": CSS,
        "with.css.gz": gzip.compress(CSS),
        "range.css": CSS,
        "head.css": CSS,
        "changing.css": CSS,
        "busy.js": text(60_000),
    }.items():
        write(root / name, content)
    assert len(text(120_000)) > 3 << 20 > len(text(60_000)) > 1 << 20
    tusk = start_module_tusk(root, "--workers", 1, "--file-cache-validity", "0")
    wait_for(lambda: is_kept(tusk, "/with.css"), "files that were just made to be trusted")
    return tusk


def is_kept(tusk, target: str) -> bool:
    """Whether the compressed result of a file is kept. It is not kept for a file that changed
    less than 2 s ago: a write at this moment may not show in its times."""
    ask(tusk, target, "zstd")
    before = tusk.metrics().value("tusk_compressions_total", coding="zstd")
    ask(tusk, target, "zstd")
    return tusk.metrics().value("tusk_compressions_total", coding="zstd") == before


def ask(tusk, target: str, accept: str | None = "br", *lines: str, method: str = "GET"):
    if accept is not None:
        lines = (f"Accept-Encoding: {accept}", *lines)
    with tusk.raw() as connection:
        return connection.request(method, target, *lines).response(method)


def decoded(tusk, target: str, accept: str) -> bytes:
    return subprocess.run(
        ["curl", "-sS", "--compressed", "-H", f"Accept-Encoding: {accept}"]
        + ["--max-time", str(PATIENCE_S), tusk.url + target],
        check=True,
        capture_output=True,
    ).stdout


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("name", ["style.css", "large.js", "edge.css"])
def test_each_coding_decodes_to_the_original(site, root, name, coding):
    """The first time and the next, for small files and those that are sent from their
    descriptor."""
    content = (root / name).read_bytes()
    first, second = ask(site, f"/{name}", coding), ask(site, f"/{name}", coding)
    assert first.header("content-encoding") == coding and len(first.body) < len(content)
    assert (first.body, first.header("etag")) == (second.body, second.header("etag"))
    assert first.header("vary") == "Accept-Encoding"
    assert first.header("content-length") == str(len(first.body))
    assert first.header("accept-ranges") is None
    assert decoded(site, f"/{name}", coding) == content
    plain = ask(site, f"/{name}", None)
    assert plain.body == content and plain.header("vary") == "Accept-Encoding"
    assert plain.header("etag") != first.header("etag")
    assert plain.header("last-modified") == first.header("last-modified")


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("deflate", None),
        ("identity", None),
        (None, None),
    ],
)
def test_quality_values(site, accept, coding):
    """Among codings that the client accepts equally, the smallest is sent."""
    assert ask(site, "/style.css", accept).header("content-encoding") == coding


@pytest.mark.parametrize("name", ["small.css", "huge.js", "a.png", "noise.txt"])
def test_files_that_are_not_compressed(site, root, name):
    """Too small, too large, of another type, or not smaller when compressed."""
    for _ in range(2):
        response = ask(site, f"/{name}", "br, gzip")
        assert response.header("content-encoding") is None
        assert response.body == (root / name).read_bytes()


def test_a_precompressed_file_is_preferred(site, root):
    """A client that accepts gzip and br equally gets x.gz; a client that does not accept gzip
    gets the file that tusk compresses."""
    response = ask(site, "/with.css", "gzip, br")
    assert response.header("content-encoding") == "gzip"
    assert response.body == (root / "with.css.gz").read_bytes()
    assert ask(site, "/with.css", "br").header("content-encoding") == "br"


def test_conditional_requests(site):
    """A tag belongs to one coding: it causes a 304 in that coding and not in another."""
    tag = ask(site, "/style.css", "br").header("etag")
    plain_tag = ask(site, "/style.css", None).header("etag")
    again = ask(site, "/style.css", "br", f"If-None-Match: {tag}")
    assert (again.status, again.header("etag"), again.body) == (304, tag, b"")
    assert again.header("vary") == "Accept-Encoding"
    assert ask(site, "/style.css", "br", f"If-None-Match: {plain_tag}").status == 200
    assert ask(site, "/style.css", None, f"If-None-Match: {tag}").status == 200
    assert ask(site, "/style.css", None, f"If-None-Match: {plain_tag}").status == 304


def test_ranges_refer_to_the_uncompressed_file(site):
    """Whatever the client accepts, and whether or not the file was compressed before."""
    for _ in range(2):
        part = ask(site, "/range.css", "br", "Range: bytes=10-19")
        assert (part.status, part.body) == (206, CSS[10:20])
        assert part.header("content-encoding") is None
        whole = ask(site, "/range.css", "br")
        assert whole.header("content-encoding") == "br"
    tag = whole.header("etag")
    response = ask(site, "/range.css", "br", "Range: bytes=10-19", f"If-Range: {tag}")
    assert (response.status, response.body) == (200, CSS)


def test_head(site):
    """The header equals that of GET, for a file that was never requested before."""
    head = ask(site, "/head.css", "br", method="HEAD")
    get = ask(site, "/head.css", "br")
    for name in ("content-encoding", "content-length", "etag", "vary", "last-modified"):
        assert head.header(name) == get.header(name) is not None, name


def test_a_file_that_changes(site, root):
    """A new version is seen at once, in each coding."""
    for n in range(5):
        content = text(500, f"v{n}")
        write(root / "changing.css", content)
        os.utime(root / "changing.css", (1_700_000_000 + n, 1_700_000_000 + n))
        assert gzip.decompress(ask(site, "/changing.css", "gzip").body) == content
        assert decoded(site, "/changing.css", "br") == content


def test_concurrent_first_requests(site, root):
    """Forty clients at once request a large file for the first time: all of them get it, it is
    compressed once, and other answers do not wait for it."""
    before = site.metrics().value("tusk_compressions_total", coding="zstd")
    with concurrent.futures.ThreadPoolExecutor(40) as clients:
        bodies = list(clients.map(lambda _: ask(site, "/busy.js", "zstd").body, range(40)))
        small = list(clients.map(lambda _: ask(site, "/small.css", "br").body, range(20)))
    assert len(set(bodies)) == 1 and set(small) == {CSS[:255]}
    assert site.metrics().value("tusk_compressions_total", coding="zstd") == before + 1
    assert decoded(site, "/busy.js", "zstd") == (root / "busy.js").read_bytes()


def test_more_files_than_may_wait(start_tusk, make_root):
    """Three hundred files at once: each arrives complete, compressed or not."""
    files = {f"{n}.css": text(300, str(n)) for n in range(300)}
    tusk = start_tusk(make_root(files), "--workers", 1)

    def one(number: int) -> None:
        response = ask(tusk, f"/{number}.css", "gzip")
        body = response.body
        if response.header("content-encoding") is not None:
            body = gzip.decompress(body)
        assert body == files[f"{number}.css"]

    with concurrent.futures.ThreadPoolExecutor(100) as clients:
        list(clients.map(one, range(300)))


def test_a_client_that_leaves_while_it_waits(start_tusk, make_root):
    """Its file is compressed nevertheless, for the next client, and nothing breaks."""
    tusk = start_tusk(make_root({"big.js": text(60_000)}), "--workers", 1, "--brotli-level", 9)
    for _ in range(20):
        with tusk.raw() as connection:
            connection.request("GET", "/big.js", "Accept-Encoding: br")
            connection.reset()
    assert decoded(tusk, "/big.js", "br") == text(60_000)


def test_a_client_of_http2_that_leaves_while_it_waits(start_tusk, make_root):
    """Its connection ends once the file is compressed, and no longer counts."""
    tusk = start_tusk(make_root({"big.js": text(60_000)}), "--workers", 1, "--brotli-level", 9)
    with Http2Client(tusk.port) as client:
        client.request("/big.js", ("accept-encoding", "br"))
        client.ping()
    tusk.wait_for_metric(1, "tusk_compressions_total", coding="br")
    tusk.wait_for_metric(0, "tusk_active_connections")


def test_a_connection_that_lingers_while_a_file_is_compressed(start_tusk, make_root):
    """After a violation, its streams end meanwhile, and the connection is gone afterwards."""
    tusk = start_tusk(make_root({"big.js": text(60_000)}), "--workers", 1, "--brotli-level", 9)
    with RudeClient(tusk.port) as client:
        client.send(
            frame(HEADERS, END_STREAM | END_HEADERS, 1, block("/big.js", "GET", ("accept-encoding", "br")))
            + frame(PRIORITY, 0, 0, b"12345")
        )
        client.wait_for_goaway()
        tusk.wait_for_metric(1, "tusk_compressions_total", coding="br")
    tusk.wait_for_metric(0, "tusk_active_connections")


def test_off(start_tusk, make_root):
    """With compression = off there is no coding and no Vary."""
    tusk = start_tusk(make_root({"a.css": CSS}), "--workers", 1, "--compression", "off")
    response = ask(tusk, "/a.css", "br, gzip, zstd")
    assert response.body == CSS and response.header("vary") is None
