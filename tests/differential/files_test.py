"""Ranges and conditional requests: the same requests for the same files go to nginx and tusk.

An intended difference stands in DIFFERENCES with its reason. Any other difference fails the
test, and so does an entry that no longer differs."""

import itertools
import os
import re

import pytest

from differential.nginx_files import NginxFiles
from differential.reference import nginx_program
from harness.server import Server

MODIFIED = 1_400_000_000  # Tue, 13 May 2014 16:53:20 GMT
EXACT = "Tue, 13 May 2014 16:53:20 GMT"
BEFORE = "Tue, 13 May 2014 16:53:19 GMT"
AFTER = "Tue, 13 May 2014 16:53:21 GMT"

FILES = {
    "empty.txt": b"",
    "one.txt": b"x",
    "ten.txt": b"0123456789",
    "style.css": bytes(range(32, 127)) * 20,  # 1,900 bytes, in tusk's memory
    "large.bin": bytes(range(256)) * 1200,  # 307,200 bytes, sent from a descriptor
}

RANGES = """
    bytes=0-0 bytes=0-4 bytes=5- bytes=-5 bytes=-1 bytes=-0 bytes=0- bytes=9-9 bytes=10-
    bytes=10-20 bytes=9-100000000 bytes=1900- bytes=307199- bytes=307200- bytes=5-4 bytes=-999999999
    bytes=99999999999999999999- bytes=0-99999999999999999999 bytes=-99999999999999999999
    bytes=0-1,3-4 bytes=0-0,-1 bytes=3-4,0-1 bytes=0-1,2-3 bytes=0-2,1-3 bytes=0-,0- bytes=0-5,3-9
    bytes=-3,-2 bytes=0-1,1000000- bytes=1000000-,0-1 bytes=1000000-,2000000- bytes=0-0,2-2,4-4,6-6
    bytes= bytes=- bytes bytes=a-b bytes=0-x bytes=0 bytes=0--1 bytes=0-1,a bytes=0-1-2 bytes=,
    bytes=0-1,, bytes=,0-1 items=0-1 BYTES=0-1 bytes=+0-1 bytes=0x0-1 bytes=0-1;q=1 none
    bytes=1-1,1-1 bytes=0-0,0-0,0-0
""".split()
SPACED = ["bytes= 0-4", "bytes=0 -4", "bytes=0- 4", "bytes=0-4 ", "bytes=0-1, 3-4", "bytes =0-4"]

TAG, OTHER = "{etag}", '"other"'
CONDITIONS = [
    {"If-None-Match": TAG},
    {"If-None-Match": "W/" + TAG},
    {"If-None-Match": OTHER},
    {"If-None-Match": "*"},
    {"If-None-Match": f"{OTHER}, {TAG}"},
    {"If-None-Match": f"{TAG}, {OTHER}"},
    {"If-None-Match": f"{OTHER},{OTHER}"},
    {"If-None-Match": f'"a,b", {TAG}'},
    {"If-None-Match": "other"},
    {"If-Match": TAG},
    {"If-Match": "W/" + TAG},
    {"If-Match": OTHER},
    {"If-Match": "*"},
    {"If-Match": f"{OTHER}, {TAG}"},
    {"If-Match": f"{OTHER},{OTHER}"},
    {"If-Modified-Since": EXACT},
    {"If-Modified-Since": BEFORE},
    {"If-Modified-Since": AFTER},
    {"If-Modified-Since": "Tuesday, 13-May-14 16:53:20 GMT"},
    {"If-Modified-Since": "Tue May 13 16:53:20 2014"},
    {"If-Modified-Since": "yesterday"},
    {"If-Modified-Since": "Tue, 13 May 2014"},
    {"If-Unmodified-Since": EXACT},
    {"If-Unmodified-Since": BEFORE},
    {"If-Unmodified-Since": AFTER},
    {"If-Unmodified-Since": "yesterday"},
    {"If-Modified-Since": EXACT, "If-None-Match": TAG},
    {"If-Modified-Since": BEFORE, "If-None-Match": TAG},
    {"If-Modified-Since": EXACT, "If-None-Match": OTHER},
    {"If-Modified-Since": BEFORE, "If-None-Match": OTHER},
    {"If-Unmodified-Since": EXACT, "If-Match": TAG},
    {"If-Unmodified-Since": BEFORE, "If-Match": TAG},
    {"If-Unmodified-Since": EXACT, "If-Match": OTHER},
    {"If-Match": TAG, "If-None-Match": TAG},
    {"If-Match": OTHER, "If-None-Match": TAG},
    {"If-Unmodified-Since": BEFORE, "If-None-Match": TAG},
    {"If-Unmodified-Since": EXACT, "If-Modified-Since": EXACT},
]
IF_RANGES = [
    TAG,
    "W/" + TAG,
    OTHER,
    EXACT,
    BEFORE,
    AFTER,
    "yesterday",
    "*",
    "Tuesday, 13-May-14 16:53:20 GMT",
]
METHODS = ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]


def _cases() -> dict:
    """name → (method, file, fields)"""
    cases = {}

    def add(method, file, fields):
        text = " ".join([method, file, *(f"{k}: {v}" for k, v in fields.items())])
        cases[text.rstrip()] = (method, file, fields)

    for file in FILES:
        add("GET", file, {})
        add("HEAD", file, {})
    for file, value in itertools.product(FILES, RANGES):
        add("GET", file, {"Range": value})
    for value in SPACED:
        add("GET", "ten.txt", {"Range": value})
    for value in ("bytes=0-4", "bytes=100-", "bytes=0-0,2-3"):
        add("HEAD", "ten.txt", {"Range": value})
    for file, fields in itertools.product(("ten.txt", "large.bin"), CONDITIONS):
        add("GET", file, fields)
    for fields in CONDITIONS[:4] + CONDITIONS[9:12] + CONDITIONS[15:18]:
        add("HEAD", "ten.txt", fields)
    for file, value in itertools.product(("ten.txt", "large.bin"), IF_RANGES):
        add("GET", file, {"Range": "bytes=2-4", "If-Range": value})
    add("GET", "ten.txt", {"If-Range": TAG})
    add("GET", "ten.txt", {"Range": "bytes=100-", "If-Range": TAG})
    add("GET", "ten.txt", {"Range": "bytes=100-", "If-Range": OTHER})
    add("GET", "ten.txt", {"Range": "bytes=2-4", "If-None-Match": TAG})
    add("GET", "ten.txt", {"Range": "bytes=2-4", "If-Match": OTHER})
    add("GET", "ten.txt", {"Range": "bytes=2-4", "If-Match": TAG})
    add("GET", "ten.txt", {"Range": "bytes=100-", "If-None-Match": TAG})
    add("GET", "large.bin", {"Range": "bytes=" + ",".join(f"{i}-{i}" for i in range(60))})
    add("GET", "large.bin", {"Range": "bytes=" + ",".join(f"{i}-{i}" for i in range(100))})
    add("GET", "large.bin", {"Range": "bytes=" + ",".join("0-307199" for _ in range(50))})
    for method in METHODS:
        add(method, "ten.txt", {})
    return cases


CASES = _cases()
assert len(CASES) >= 150

# nginx answers these with 416 if the file is empty, and other ranges just as far outside with 200.
OF_NOTHING = """
    5- 9-9 10- 10-20 9-100000000 1900- 307199- 307200- 5-4 99999999999999999999- 1-1,1-1
    0-99999999999999999999 -99999999999999999999 1000000-,2000000- - a-b 0-x 0 0--1 0-1-2 , ,0-1
    +0-1 0x0-1 0-1;q=1
""".split()

# pattern of a case's name → why tusk answers otherwise
DIFFERENCES = {
    r"^HEAD .* Range": "no method but GET defines Range: it must be ignored (RFC 9110 §14.2)",
    r"^GET (one|ten|style|large)\S+ Range: bytes=0?-9{20}$": "a position far beyond the end means "
    "the end (§14.1.2), also when it does not fit 63 bits",
    r"^GET (one|ten|style|large)\S+ Range: bytes=(0-1,,|,0-1)$": "empty elements of a list are "
    "ignored (§5.6.1.2)",
    r"If-Unmodified-Since: yesterday": "what is no date is ignored (§13.1.4)",
    r"If-Modified-Since: .*:19 GMT If-None-Match: \{etag\}": "with If-None-Match, If-Modified-Since "
    "is ignored (§13.1.3)",
    r"If-Unmodified-Since: .*:19 GMT If-Match: \{etag\}": "with If-Match, If-Unmodified-Since is "
    "ignored (§13.1.4)",
    r",99-99$": "more than 64 ranges get the whole file: each costs its own head (§17.15)",
    r"^OPTIONS": "204 with Allow, as for any other resource",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (root / name).write_bytes(content)
        os.utime(root / name, (MODIFIED, MODIFIED))
    return root


@pytest.fixture(scope="module")
def nginx(root, tmp_path_factory):
    assert nginx_program().is_file(), "no nginx: run 'make deps'"
    nginx = NginxFiles(root, tmp_path_factory.mktemp("nginx"))
    yield nginx
    nginx.stop()


@pytest.fixture(scope="module")
def tusk(root, start_module_tusk):
    return start_module_tusk(root, "--workers", 1)


def _answer(server, method: str, file: str, fields: dict) -> dict:
    """Returns the answer without what is specific to each server."""
    with server.raw() as connection:
        etag = connection.request("HEAD", f"/{file}").response("HEAD").header("etag")
        lines = [f"{name}: {value.replace('{etag}', etag)}" for name, value in fields.items()]
        response = connection.request(method, f"/{file}", *lines).response(method)
        # nginx closes after a 412 without announcing it.
        if response.status != 412 or isinstance(server, Server):
            again = connection.request("HEAD", f"/{file}").response("HEAD")
            assert again.status == 200, "the connection is out of step"
    told = {"status": response.status, "range": response.header("content-range")}
    if response.status in (200, 206):
        kind = response.header("content-type")
        body = response.body
        if kind.startswith("multipart/byteranges"):
            boundary = kind.partition("boundary=")[2]
            kind = kind.replace(boundary, "BOUNDARY")
            assert boundary and (f"\r\n--{boundary}--\r\n".encode() in body or method == "HEAD")
            # The boundaries may also differ in length.
            body = body.replace(boundary.encode(), b"BOUNDARY")
        else:
            told["length"] = response.header("content-length")
        told |= {
            "type": kind,
            "body": body,
            "modified": response.header("last-modified"),
            "same tag": response.header("etag") == etag,
        }
        if response.status == 200:
            told["ranges"] = response.header("accept-ranges")
    elif response.status == 304:
        assert response.header("etag") == etag and not response.body
    return told


def _reason(name: str) -> str | None:
    if name.removeprefix("GET empty.txt Range: bytes=") in OF_NOTHING:
        return "any range of nothing gets nothing: some clients ask for one of whatever they fetch"
    return next((why for pattern, why in DIFFERENCES.items() if re.search(pattern, name)), None)


@pytest.mark.parametrize("name", CASES)
def test_as_nginx(nginx, tusk, name):
    """tusk's answer equals nginx's, except for the listed differences."""
    method, file, fields = CASES[name]
    expected, got = _answer(nginx, method, file, fields), _answer(tusk, method, file, fields)
    reason = _reason(name)
    if reason is None:
        assert got == expected
    else:
        assert got != expected, f"no longer different: {reason}"
