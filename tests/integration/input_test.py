"""Bodies and fields: PHP's limits and warnings, php://input, request_parse_body()."""

import json

import pytest

from harness.server import Server

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="a[k]"\r\n\r\n1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\nfile\r\n--x--\r\n'
)

SHOW = """<?php
header('Content-Type: application/json');
$input = fopen('php://input', 'r');
$begin = fread($input, 3);
$rest = stream_get_contents($input);
rewind($input);
echo json_encode([
    'method' => $_SERVER['REQUEST_METHOD'], 'post' => $_POST, 'get' => $_GET,
    'files' => array_keys($_FILES), 'input' => file_get_contents('php://input'),
    'again' => $begin . $rest === stream_get_contents($input),
    'depth' => (function ($value) { $depth = 0; while (is_array($value)) {
        $depth++; $value = reset($value); } return $depth; })($_POST['d'] ?? null),
]);
"""

PARSE = """<?php
header('Content-Type: application/json');
try {
    [$post, $files] = request_parse_body(json_decode($_GET['options'] ?? 'null', true));
    echo json_encode([
        'post' => $post, 'files' => array_map(fn ($f) => [$f['name'], $f['error'],
            is_uploaded_file($f['tmp_name'])], $files),
        'globals' => [$_POST, $_FILES], 'input' => strlen(file_get_contents('php://input')),
    ]);
} catch (RequestParseBodyException | ValueError $error) {
    echo json_encode([get_class($error), $error->getMessage()]);
}
"""


def ask(tusk: Server, method: str, path: str, content_type: str, body: bytes, **options) -> dict:
    headers = {"Content-Type": content_type} if content_type else {}
    response = tusk.client.request(method, path, content=body, headers=headers, **options)
    assert response.status_code == 200, response.text
    return json.loads(response.text)


@pytest.fixture(scope="module")
def start(start_module_tusk, tmp_path_factory):
    """start("a=b", ...) starts a server with one worker and these ini settings."""
    root = tmp_path_factory.mktemp("input")
    (root / "show.php").write_text(SHOW)
    (root / "parse.php").write_text(PARSE)

    def start_with(*settings: str) -> Server:
        defines = [part for setting in settings for part in ("-d", setting)]
        return start_module_tusk(root, "--workers", 1, *defines)

    return start_with


@pytest.fixture(scope="module")
def plain(start) -> Server:
    return start()


@pytest.fixture(scope="module")
def limited(start) -> Server:
    return start("post_max_size=1000", "max_input_vars=3", "max_input_nesting_level=4")


@pytest.mark.parametrize("content_type", [FORM, MULTIPART, "application/json"])
def test_post_max_size(limited, content_type):
    """The limit is exact to the byte; beyond it there is no $_POST, the log says why, and the
    script runs."""
    filling = b"x" * 1000
    body = {
        FORM: b"a=" + filling,
        MULTIPART: PARTS.replace(b"file", filling),
        "application/json": filling,
    }[content_type]
    since = limited.log_size()
    over = ask(limited, "POST", "/show.php?g=1", content_type, body + b"y")
    assert (over["post"], over["files"], over["get"]) == ([], [], {"g": "1"})
    limited.wait_for_log(r"POST Content-Length of \d+ bytes exceeds the limit of 1000 bytes", since)
    fits = ask(limited, "POST", "/show.php", FORM, b"a=" + b"x" * 998)
    assert len(fits["post"]["a"]) == 998


def test_max_input_vars(limited):
    """For the query string and the form alike; further variables are dropped, and the log says
    so."""
    since = limited.log_size()
    query = "&".join(f"g{i}=1" for i in range(9))
    seen = ask(limited, "POST", f"/show.php?{query}", FORM, b"a&b")
    assert list(seen["get"]) == ["g0", "g1", "g2"] and list(seen["post"]) == ["a", "b"]
    limited.wait_for_log("Input variables exceeded 3", since)
    seen = ask(limited, "POST", "/show.php", FORM, b"a&b&c&d&e")
    assert "e" not in seen["post"] and len(seen["post"]) in (3, 4)


def test_max_input_nesting_level(limited):
    """Deeper nested variables are dropped."""
    assert ask(limited, "POST", "/show.php", FORM, b"d" + b"[x]" * 3 + b"=1")["depth"] == 3
    assert ask(limited, "POST", "/show.php", FORM, b"d" + b"[x]" * 9 + b"=1")["depth"] == 0


def test_the_next_request_has_its_own_body(plain):
    """On one thread: requests with a body, without one, and with one that the script does not
    read."""
    for body in (b"a=1", b"", b"a=2"):
        seen = ask(plain, "POST", "/show.php", FORM, body)
        assert seen["input"].encode() == body
        assert seen["post"] == ({"a": body[2:].decode()} if body else [])
    assert ask(plain, "GET", "/show.php", "", b"")["input"] == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "FOO", "GET"])
@pytest.mark.parametrize("content_type", ["text/plain", FORM, ""])
def test_input_for_any_method(plain, method, content_type):
    """php://input can be read in parts, rewound and read again; $_POST exists for POST only."""
    seen = ask(plain, method, "/show.php", content_type, b"a=1&b=2")
    assert seen["method"] == method and seen["input"] == "a=1&b=2" and seen["again"] is True
    is_form = method == "POST" and content_type == FORM
    assert seen["post"] == ({"a": "1", "b": "2"} if is_form else [])


def test_multipart_is_consumed_by_php(plain):
    """Data that became $_POST and $_FILES is not in php://input, in no SAPI."""
    seen = ask(plain, "POST", "/show.php", MULTIPART, PARTS)
    assert (seen["post"], seen["files"], seen["input"]) == ({"a": {"k": "1"}}, ["f"], "")


@pytest.mark.parametrize(("content_type", "body"), [(MULTIPART, PARTS), (FORM, b"a=1")])
def test_without_post_data_reading(start, content_type, body):
    """enable_post_data_reading=0: php://input has all of the body, and PHP has parsed nothing."""
    tusk = start("enable_post_data_reading=0")
    for _ in range(2):
        seen = ask(tusk, "POST", "/show.php", content_type, body)
        assert (seen["post"], seen["files"]) == ([], [])
        assert seen["input"].encode() == body and seen["again"] is True


@pytest.mark.since_php("8.4", "request_parse_body()")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "FOO"])
def test_request_parse_body(plain, method):
    """Forms and uploads by other methods than POST, without the superglobals."""
    seen = ask(plain, method, "/parse.php", MULTIPART, PARTS)
    assert seen["post"] == {"a": {"k": "1"}} and seen["files"] == {"f": ["n", 0, True]}
    assert seen["globals"] == [[], []]
    seen = ask(plain, method, "/parse.php", FORM, b"a=1&b[]=2")
    assert (seen["post"], seen["files"]) == ({"a": "1", "b": ["2"]}, [])


@pytest.mark.since_php("8.4", "request_parse_body()")
def test_request_parse_body_throws(plain):
    """A mistake that is a warning for POST is an exception here; options are limits for this
    call only."""

    def parse(content_type: str, body: bytes, options: dict | None = None):
        query = {"options": json.dumps(options)} if options else {}
        return ask(plain, "PUT", "/parse.php", content_type, body, params=query)

    name = "RequestParseBodyException"
    assert parse("text/plain", b"a=1")[0] == name
    assert parse("", b"a=1")[0] == name
    assert parse(FORM, b"a=1", {"memory_limit": 1})[0] == "ValueError"
    assert parse("multipart/form-data", PARTS)[0] == name
    assert parse(MULTIPART, PARTS, {"post_max_size": 50})[0] == name
    assert parse(MULTIPART, PARTS, {"max_multipart_body_parts": 1})[0] == name
    # These two are warnings even here, in any PHP.
    assert parse(FORM, b"a=" + b"x" * 99, {"post_max_size": 50})["post"] == []
    assert len(parse(FORM, b"a=1&b=2&c=3&d=4", {"max_input_vars": 1})["post"]) < 4
    assert parse(FORM, b"a=1&b=2&c=3")["post"] == {"a": "1", "b": "2", "c": "3"}
