"""Compressed responses of scripts: which are compressed, for which clients, and with which
header fields."""

import concurrent.futures
import gzip
import hashlib
import subprocess
import zlib
from urllib.parse import urlencode

import pytest

from harness.output import output_sha256
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S, wait_for

CODINGS = ("zstd", "br", "gzip")


def page(size: int = 5000, seed: str = "a") -> bytes:
    """Returns what compress.php prints."""
    lines, total, number = [], 0, 0
    while total < size:
        lines.append(f"line {number} of {seed}\n")
        total += len(lines[-1])
        number += 1
    return "".join(lines).encode()[:size]


def target(*headers: str, **parameters) -> str:
    pairs = [*parameters.items(), *(("header[]", line) for line in headers)]
    return "/compress.php?" + urlencode(pairs)


def ask(tusk, where: str, accept: str | None = "br", *lines: str, method: str = "GET"):
    """Returns the response as it is on the wire."""
    if accept is not None:
        lines = (f"Accept-Encoding: {accept}", *lines)
    with tusk.raw() as connection:
        return connection.request(method, where, *lines).response(method)


def decoded(tusk, where: str, accept: str, *options: str) -> bytes:
    """Returns the body as curl decodes it."""
    return subprocess.run(
        ["curl", "-sS", "--compressed", "-H", f"Accept-Encoding: {accept}", *options]
        + ["--max-time", str(PATIENCE_S), tusk.url + where],
        check=True,
        capture_output=True,
    ).stdout


def is_compressed(response, coding: str, etag: str | None = None) -> bool:
    assert response.headers("content-encoding") in ([coding], [])
    if response.header("content-encoding") is None:
        return False
    assert "accept-encoding" in response.header("vary").lower()
    assert response.header("content-length") == str(len(response.body))
    assert response.header("etag") == etag
    return True


@pytest.mark.parametrize("size", [256, 5000, 50_000, 255 << 10, 300_000, 3 << 20])
@pytest.mark.parametrize("coding", CODINGS)
def test_each_coding_decodes_to_the_original(tusk, coding, size):
    """For every size up to the limit, including sizes that would otherwise be sent in pieces;
    the result is smaller."""
    response = ask(tusk, target(size=size), coding)
    assert is_compressed(response, coding) and len(response.body) < size
    assert decoded(tusk, target(size=size), coding) == page(size)
    if coding == "gzip":
        assert gzip.decompress(response.body) == page(size)


def test_real_clients(tusk):
    """httpx and curl request what they can decode, and get the page."""
    response = tusk.get(target())
    assert response.content == page() and response.headers["content-encoding"]
    assert decoded(tusk, target(), "gzip, deflate, br, zstd") == page()


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.6", "gzip"),
        ("br;q=0.6, gzip;q=0.5, zstd;q=0.599", "br"),
        ("br;q=1.0, zstd;q=0", "br"),
        ("zstd;q=0, br;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=1", "gzip"),
        ("deflate", None),
        ("compress, x-unknown", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("br, *;q=0", "br"),
        ("gzip;q=oops", None),
        ("", None),
        (None, None),
    ],
)
def test_quality_values(tusk, accept, coding):
    """The client's preferences decide, then the server's order; a client that accepts no coding
    gets the page uncompressed, with Vary."""
    response = ask(tusk, target(), accept)
    assert response.header("content-encoding") == coding
    assert response.header("vary") == "Accept-Encoding"
    if coding is None:
        assert response.body == page()


def test_several_lines_are_one_list(tusk):
    """Accept-Encoding in two lines is one list."""
    response = ask(tusk, target(), "gzip;q=0.5", "Accept-Encoding: br")
    assert response.header("content-encoding") == "br"


def test_small_responses_are_not_compressed(tusk):
    """Below 256 bytes nothing is compressed, and no field mentions compression."""
    response = ask(tusk, target(size=255))
    assert response.body == page(255) and not is_compressed(response, "br")
    assert response.header("vary") is None
    assert ask(tusk, "/hello.php").header("vary") is None


def test_large_responses_are_not_compressed_in_part(tusk):
    """One byte more than 3 MiB: all of it is sent uncompressed. So is a response of 100 MB, with
    its header."""
    size = (3 << 20) + 1
    response = ask(tusk, target(size=size))
    assert response.body == page(size) and not is_compressed(response, "br")
    digest = hashlib.sha256()
    with tusk.client.stream(
        "GET", "/output.php?mib=100", headers={"Accept-Encoding": "br"}
    ) as response:
        assert "content-encoding" not in response.headers
        for piece in response.iter_raw():
            digest.update(piece)
    assert digest.hexdigest() == output_sha256(100)


@pytest.mark.parametrize(
    ("content_type", "yes"),
    [
        ("text/html; charset=UTF-8", True),
        ("text/css", True),
        ("TEXT/PLAIN", True),
        ("application/json", True),
        ("application/ld+json", True),
        ("application/problem+json; charset=utf-8", True),
        ("application/javascript", True),
        ("application/rss+xml", True),
        ("image/svg+xml", True),
        ("application/wasm", True),
        ("font/ttf", True),
        ("image/png", False),
        ("image/jpeg", False),
        ("video/mp4", False),
        ("application/zip", False),
        ("application/pdf", False),
        ("application/octet-stream", False),
        ("font/woff2", False),
        ("text/event-stream", False),
    ],
)
def test_content_types(tusk, content_type, yes):
    """Text and similar types are compressed, types that are compressed already are not."""
    response = ask(tusk, target(f"Content-Type: {content_type}"))
    assert is_compressed(response, "br") == yes
    assert (response.header("vary") == "Accept-Encoding") == yes


@pytest.mark.parametrize(
    "line",
    [
        "Content-Encoding: gzip",
        "Content-Encoding: identity",
        "Cache-Control: no-transform",
        "Cache-Control: private, No-Transform, max-age=0",
        "Content-Range: bytes 0-4999/9000",
        "Content-Digest: sha-256=:x:",
        "Content-MD5: x",
    ],
)
def test_a_script_can_prevent_compression(tusk, line):
    """Already encoded, no-transform, a range, or a digest of the bytes: these are sent
    unchanged."""
    response = ask(tusk, target(line))
    assert response.body == page() and response.header("vary") is None
    assert response.headers("content-encoding") == (
        [line.partition(": ")[2]] if line.startswith("Content-Encoding") else []
    )


def test_output_that_php_compressed_is_left_alone(start_tusk):
    """With zlib.output_compression and ob_gzhandler the body is compressed once, not twice."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "-d", "zlib.output_compression=On")
    response = ask(tusk, target(), "gzip, br")
    assert response.headers("content-encoding") == ["gzip"]
    assert gzip.decompress(response.body) == page()
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "-d", "output_handler=ob_gzhandler")
    response = ask(tusk, target(), "gzip")
    assert response.headers("content-encoding") == ["gzip"]
    assert gzip.decompress(response.body) == page()


@pytest.mark.parametrize("length", ["5000", "10", "99999", "abc"])
def test_the_scripts_length_is_replaced(tusk, length):
    """Content-Length is the length of what is sent, whatever the script set."""
    where = target(f"Content-Length: {length}")
    response = ask(tusk, where, "gzip")
    assert is_compressed(response, "gzip") and gzip.decompress(response.body) == page()


def test_vary_is_merged(tusk):
    """The fields in the script's Vary are kept, and each name occurs once."""
    response = ask(tusk, target("Vary: Cookie"))
    assert response.headers("vary") == ["Cookie, Accept-Encoding"]
    response = ask(tusk, target("Vary: accept-encoding, Origin"))
    assert response.headers("vary") == ["accept-encoding, Origin"]
    assert ask(tusk, target("Vary: *")).headers("vary") == ["*"]
    assert ask(tusk, target("Vary: Cookie"), None).headers("vary") == ["Cookie, Accept-Encoding"]


@pytest.mark.parametrize("naive", [{}, {"naive": 1}])
def test_entity_tags(tusk, naive):
    """A strong tag becomes a weak one. A client that sends it back gets a 304 with the same tag,
    even from a script that compares the text; a client that sends another tag gets the page."""
    where = target("Vary: Cookie", etag="v1", **naive)
    first = ask(tusk, where)
    assert is_compressed(first, "br", etag='W/"v1"')
    again = ask(tusk, where, "br", 'If-None-Match: W/"v1"')
    assert (again.status, again.body, again.header("etag")) == (304, b"", 'W/"v1"')
    assert again.headers("vary") == ["Cookie, Accept-Encoding"]
    assert again.header("content-encoding") is None
    other = ask(tusk, where, "br", 'If-None-Match: W/"v0"')
    assert other.status == 200 and is_compressed(other, "br", etag='W/"v1"')
    plain = ask(tusk, where, None)
    assert (plain.header("etag"), plain.body) == ('"v1"', page())
    plain = ask(tusk, where, None, 'If-None-Match: "v1"')
    assert (plain.status, plain.header("etag")) == (304, '"v1"')


@pytest.mark.parametrize("status", [201, 400, 404, 500, 503])
def test_other_statuses_are_compressed(tusk, status):
    """An error page is compressed like any page."""
    response = ask(tusk, target(status=status))
    assert response.status == status and is_compressed(response, "br")


@pytest.mark.parametrize("status", [204, 205, 206, 304])
def test_responses_without_a_whole_body_are_not_compressed(tusk, status):
    """Statuses without a body, or with a part of one."""
    response = ask(tusk, target(status=status))
    assert response.status == status and response.header("content-encoding") is None
    assert response.header("vary") is None


def test_post_and_a_range_that_is_not_answered(tusk):
    """The response to any method is compressed; a Range that the script ignores changes nothing."""
    assert is_compressed(ask(tusk, target(), "br", "Content-Length: 0", method="POST"), "br")
    response = ask(tusk, target("Accept-Ranges: bytes"), "br", "Range: bytes=0-99")
    assert response.status == 200 and is_compressed(response, "br")
    assert response.header("accept-ranges") is None, "the tag is of other bytes"


def test_head(tusk):
    """The fields that GET would have, as far as they are known without a body."""
    known = ask(tusk, target("Content-Length: 5000", etag="v1"), "br", method="HEAD")
    get = ask(tusk, target("Content-Length: 5000", etag="v1"), "br")
    for name in ("content-encoding", "vary", "etag", "content-type"):
        assert known.header(name) == get.header(name), name
    assert known.header("content-length") is None
    unknown = ask(tusk, target(etag="v1"), "br", method="HEAD")
    assert unknown.header("vary") == "Accept-Encoding" and unknown.header("etag") == 'W/"v1"'
    small = ask(tusk, target("Content-Length: 20"), "br", method="HEAD")
    assert small.header("content-length") == "20" and small.header("content-encoding") is None


def test_a_fatal_error_in_the_middle(tusk):
    """The output and the message arrive complete and compressed, and so does the next response."""
    with tusk.raw() as connection:
        for _ in range(2):
            response = connection.get(target(fatal=1), "Accept-Encoding: gzip")
            assert is_compressed(response, "gzip")
            assert gzip.decompress(response.body).startswith(page())
            response = connection.get(target(), "Accept-Encoding: gzip")
            assert gzip.decompress(response.body) == page()


def test_finishing_early(tusk, tmp_path):
    """fastcgi_finish_request(): the response is compressed and complete, and nothing follows it."""
    done = tmp_path / "done"
    response = ask(tusk, target(finish=done), "gzip")
    assert is_compressed(response, "gzip") and gzip.decompress(response.body) == page()
    wait_for(done.exists, "the script to go on")


def test_a_response_that_is_flushed_is_not_compressed(tusk, tmp_path):
    """By default, the client can read the first piece before the script has written the last."""
    gate = tmp_path / "gate"
    with tusk.client.stream(
        "GET", target(pieces=5, until=gate), headers={"Accept-Encoding": "gzip, br"}
    ) as response:
        assert "content-encoding" not in response.headers
        pieces = response.iter_raw()
        assert page().startswith(next(pieces))
        gate.touch()
        b"".join(pieces)


@pytest.fixture(scope="module")
def streaming(start_module_tusk):
    """A server that compresses flushed responses, except event streams."""
    return start_module_tusk(PHP_SCRIPTS, "--workers", 2, "--compress-streams", "*")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_stream_is_compressed_when_asked(streaming, coding):
    """It decodes to the original in each coding, in many pieces or few, large or small."""
    for size, pieces in ((5000, 50), (500_000, 3), (40, 4)):
        where = target("Content-Length: 7", size=size, pieces=pieces)
        response = ask(streaming, where, coding)
        assert response.header("content-encoding") == coding
        assert response.header("content-length") is None
        assert decoded(streaming, where, coding) == page(size)


def test_flushed_output_can_be_decoded_at_once(streaming, tmp_path):
    """The client can decode flushed output before the script goes on."""
    gate = tmp_path / "gate"
    with streaming.client.stream(
        "GET", target(pieces=5, until=gate), headers={"Accept-Encoding": "gzip"}
    ) as response:
        assert response.headers["content-encoding"] == "gzip"
        decoder, text = zlib.decompressobj(31), b""
        for piece in response.iter_raw():
            text += decoder.decompress(piece)
            if len(text) == 4000:
                gate.touch()
    assert text == page() and decoder.eof


def test_event_streams_must_be_named(start_tusk, streaming, tmp_path):
    """`*` does not include text/event-stream; when it is named, it is compressed event by event."""
    where = target("Content-Type: text/event-stream", pieces=3)
    assert ask(streaming, where, "gzip").header("content-encoding") is None
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--compress-streams", "text/event-stream")
    response = ask(tusk, where, "gzip")
    assert response.header("content-encoding") == "gzip"
    assert gzip.decompress(response.body) == page()
    assert ask(tusk, target(pieces=3), "gzip").header("content-encoding") is None


def test_a_fatal_error_in_a_compressed_stream(streaming):
    """The stream ends correctly, with what was printed."""
    response = ask(streaming, target(pieces=5, fatal=1), "gzip")
    assert gzip.decompress(response.body).startswith(page())
    assert ask(streaming, target(), "gzip").header("content-encoding") == "gzip"


def test_concurrent_responses_are_not_mixed_up(tusk):
    """Many at once, of many sizes, in all codings: every body is the requested one."""

    def one(number: int) -> None:
        seed, size = f"seed{number}", 200 + number * 997 % 40_000
        where = target(size=size, seed=seed)
        coding = ("gzip", "zstd", "br", "deflate")[number % 4]
        if coding in ("gzip", "deflate"):
            with tusk.new_client() as client:
                response = client.get(where, headers={"Accept-Encoding": coding})
            assert response.content == page(size, seed)
        else:
            assert decoded(tusk, where, coding) == page(size, seed)

    with concurrent.futures.ThreadPoolExecutor(16) as clients:
        list(clients.map(one, range(240)))


def test_options(start_tusk):
    """The order, the sizes, the types and the levels; and off."""
    tusk = start_tusk(
        PHP_SCRIPTS,
        *("--workers", 1, "--compression", "gzip,br", "--compress-min-bytes", "1000"),
        *("--compress-max-bytes", "20K", "--compress-types", "application/x-own", "--gzip-level"),
        *("9", "--brotli-level", "0", "--zstd-level", "19"),
    )
    own = "Content-Type: application/x-own"
    assert is_compressed(ask(tusk, target(own), "br, gzip, zstd"), "gzip")
    assert ask(tusk, target(own), "zstd").header("content-encoding") is None
    assert ask(tusk, target(own, size=999)).header("content-encoding") is None
    assert ask(tusk, target(own, size=20 << 10)).header("content-encoding") == "br"
    assert ask(tusk, target(own, size=(20 << 10) + 1)).header("content-encoding") is None
    assert ask(tusk, target()).header("content-encoding") is None
    off = start_tusk(PHP_SCRIPTS, "--workers", 1, "--compression", "off")
    response = ask(off, target(), "br, gzip, zstd")
    assert response.body == page() and response.header("vary") is None


def test_metrics(start_tusk):
    """Bodies by coding, bytes before and after."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    sent = [len(ask(tusk, target(), "br").body) for _ in range(3)]
    ask(tusk, target(), None)
    metrics = tusk.metrics()
    assert metrics.value("tusk_compressions_total", coding="br") == 3
    assert metrics.value("tusk_compressions_total", coding="gzip") == 0
    assert metrics.value("tusk_compression_input_bytes_total", coding="br") == 3 * 5000
    assert metrics.value("tusk_compression_output_bytes_total", coding="br") == sum(sent)
