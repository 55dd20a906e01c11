"""$_SERVER as nginx and PHP-FPM build it: names, values, and which variables must be absent.
docs/compatibility.md lists the intended differences."""

import base64
import json
import socket

import pytest

from harness.engine import ENGINES
from harness.server import PHP_SCRIPTS, Server


def ask(tusk: Server, head: str) -> dict:
    with tusk.raw() as connection:
        return json.loads(connection.send(head.encode("latin-1")).response().body)["server"]


def get(tusk: Server, target: str, *lines: str, host: str = "localhost") -> dict:
    head = [f"GET {target} HTTP/1.1", f"Host: {host}", *lines]
    return ask(tusk, "\r\n".join(head) + "\r\n\r\n")


ALWAYS = {
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "DOCUMENT_ROOT",
    "DOCUMENT_URI",
    "FCGI_ROLE",
    "GATEWAY_INTERFACE",
    "HTTP_HOST",
    "PHP_SELF",
    "QUERY_STRING",
    "REDIRECT_STATUS",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "REMOTE_USER",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_TIME",
    "REQUEST_TIME_FLOAT",
    "REQUEST_URI",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "SERVER_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
}


@pytest.fixture(scope="module")
def bare(start_module_tusk) -> Server:
    """A server whose environment imitates variables of a request."""
    return start_module_tusk(
        PHP_SCRIPTS,
        env={
            "APP_ENV": "prod",
            "REMOTE_ADDR": "6.6.6.6",
            "HTTPS": "on",
            "HTTP_X_ROLE": "admin",
            "HTTP_PROXY": "http://evil.example",
            "PHP_AUTH_USER": "root",
            "PATH_INFO": "/evil",
            "AUTH_TYPE": "Basic",
            "QUERY_STRING": "evil=1",
        },
    )


def test_the_names_of_a_plain_request(bare):
    """Exactly the names that nginx and PHP-FPM set; empty if there is no value."""
    server = get(bare, "/request.php")
    assert ALWAYS <= server.keys()
    usual = {"APP_ENV", "LANG", "PATH", "HOME", "TZ", "TMPDIR", "ENGINE"}
    assert server.keys() - ALWAYS <= usual | {
        name for name in server if name.endswith("SAN_OPTIONS") or name.startswith(("LD_", "LLVM"))
    }
    assert {name for name in ALWAYS if server[name] == ""} == {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "QUERY_STRING",
        "REMOTE_USER",
    }
    assert server["REDIRECT_STATUS"] == "200"
    assert list(server)[-3:] == ["PHP_SELF", "REQUEST_TIME_FLOAT", "REQUEST_TIME"]


def test_the_environment_is_there_and_forges_nothing(bare):
    """Containers configure applications by it; variables that imitate a request's have no
    effect."""
    server = get(bare, "/request.php")
    assert server["APP_ENV"] == "prod"
    assert server["REMOTE_ADDR"] == "127.0.0.1" and server["QUERY_STRING"] == ""
    forged = {"HTTPS", "HTTP_X_ROLE", "HTTP_PROXY", "PHP_AUTH_USER", "PATH_INFO", "AUTH_TYPE"}
    assert not forged & server.keys()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/request.php", ("/request.php", None, "/request.php", "")),
        ("/request.php?", ("/request.php", None, "/request.php?", "")),
        ("/request.php/", ("/request.php", "/", "/request.php/", "")),
        ("/request.php/a%20b/%2522?c=%20d", ("/request.php", "/a b/%22", None, "c=%20d")),
        ("//request.php//a//b", ("/request.php", "/a/b", None, "")),
        ("/%72equest.php/%61", ("/request.php", "/a", None, "")),
        ("/nasty/../request.php", ("/request.php", None, None, "")),
        ("http://other.example:99/request.php?x", ("/request.php", None, "/request.php?x", "x")),
    ],
)
def test_paths(tusk, target, expected):
    """SCRIPT_NAME and PATH_INFO are decoded and normalised; REQUEST_URI is what the client sent,
    from the path on."""
    server = get(tusk, target)
    script, path_info, uri, query = expected
    root = str(tusk.root)
    assert server["SCRIPT_NAME"] == server["DOCUMENT_URI"] == script
    assert server["SCRIPT_FILENAME"] == root + script and server["DOCUMENT_ROOT"] == root
    assert server.get("PATH_INFO") == path_info
    assert server.get("PATH_TRANSLATED") == (root + path_info if path_info else None)
    assert server["PHP_SELF"] == script + (path_info or "")
    assert server["REQUEST_URI"] == (uri or target) and server["QUERY_STRING"] == query


def test_a_front_controller_keeps_the_request_uri(start_tusk):
    """It sees the script's own names and the client's REQUEST_URI, like with nginx's try_files."""
    server = get(start_tusk(PHP_SCRIPTS, "--fallback", "/request.php"), "/pretty/url?q=1")
    assert server["SCRIPT_NAME"] == server["PHP_SELF"] == server["DOCUMENT_URI"] == "/request.php"
    assert server["REQUEST_URI"] == "/pretty/url?q=1" and server["QUERY_STRING"] == "q=1"
    assert "PATH_INFO" not in server


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("WWW.Example.ORG:8080", "www.example.org"),
        ("example.org.", "example.org"),
        ("[2001:DB8::1]:80", "[2001:db8::1]"),
        ("[::1]", "[::1]"),
        ("127.0.0.1:99", "127.0.0.1"),
    ],
)
def test_hosts(tusk, host, name):
    """SERVER_NAME is the host alone, in lower case; HTTP_HOST is what the client sent; the port
    is the server's."""
    server = get(tusk, "/request.php", host=host)
    assert (server["SERVER_NAME"], server["HTTP_HOST"]) == (name, host)
    assert server["SERVER_PORT"] == str(tusk.port)


def test_the_host_of_an_absolute_target_counts(tusk):
    """RFC 9112 §3.2.2: the Host field beside it is ignored, so that all code sees the same host."""
    server = get(tusk, "http://other.example:99/request.php", host="a.example")
    assert (server["SERVER_NAME"], server["HTTP_HOST"]) == (
        "other.example",
        "other.example:99",
    )


def test_a_request_without_host(tusk):
    """HTTP/1.0: there is no HTTP_HOST, and SERVER_NAME is the server's address."""
    server = ask(tusk, "GET /request.php HTTP/1.0\r\n\r\n")
    assert "HTTP_HOST" not in server and server["SERVER_NAME"] == "127.0.0.1"
    assert server["SERVER_PROTOCOL"] == "HTTP/1.0"


def test_bodies(tusk):
    """CONTENT_* and HTTP_CONTENT_*, which nginx passes both; a chunked body has a length too."""
    head = "POST /request.php HTTP/1.1\r\nHost: a\r\n"
    sized = ask(tusk, head + "Content-Type: text/x\r\nContent-Length: 3\r\n\r\nabc")
    names = ("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE")
    assert [sized.get(name) for name in names] == ["3", "text/x", "3", "text/x"]
    chunked = ask(tusk, head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert [chunked.get(name) for name in names] == ["3", "", None, None]
    empty = ask(tusk, head + "Content-Length: 0\r\n\r\n")
    assert [empty.get(name) for name in names] == ["0", "", "0", None]
    none = ask(tusk, head + "\r\n")
    assert [none.get(name) for name in names] == ["", "", None, None]


def basic(credentials: str) -> str:
    return base64.b64encode(credentials.encode()).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "Basic " + basic("u:p:q"),
            {"PHP_AUTH_USER": "u", "PHP_AUTH_PW": "p:q", "REMOTE_USER": "u"},
        ),
        ("basic " + basic("u:"), {"PHP_AUTH_USER": "u", "REMOTE_USER": "u"}),
        ("Basic " + basic("nobody"), {}),
        ("Basic !!!", {}),
        ('Digest username="x"', {"PHP_AUTH_DIGEST": 'username="x"'}),
        ("Bearer z", {}),
    ],
)
def test_credentials(tusk, value, expected):
    """PHP_AUTH_* as PHP parses them; the field itself is always present."""
    server = get(tusk, "/request.php", f"Authorization: {value}")
    seen = {k: v for k, v in server.items() if k.startswith("PHP_AUTH_")}
    if server["REMOTE_USER"]:
        seen["REMOTE_USER"] = server["REMOTE_USER"]
    assert seen == expected and server["HTTP_AUTHORIZATION"] == value
    kind = value.partition(" ")[0].capitalize()
    assert server.get("AUTH_TYPE") == (kind if expected else None)
    assert "AUTH_TYPE" not in get(tusk, "/request.php")


def test_fields(tusk):
    """Repeated fields are one list; fields whose names PHP would confuse with others are left
    out."""
    server = get(
        tusk,
        "/request.php",
        "X-A: 1",
        "Cookie: a=1",
        "x-a: 2",
        "Cookie: b=2",
        "X-Empty:",
        "X-1: one",
        "Proxy: http://evil.example",
        "X_Real: 1",
        "X.Real: 2",
        "X~Real: 3",
        "X-Real: 4",
    )
    assert server["HTTP_X_A"] == "1, 2" and server["HTTP_COOKIE"] == "a=1; b=2"
    assert server["HTTP_X_EMPTY"] == "" and server["HTTP_X_1"] == "one"
    assert server["HTTP_X_REAL"] == "4" and "HTTP_PROXY" not in server
    assert {name for name in server if name.startswith("HTTP_X_")} == {
        "HTTP_X_A",
        "HTTP_X_EMPTY",
        "HTTP_X_1",
        "HTTP_X_REAL",
    }


def test_getenv_knows_the_request(start_tusk, make_root):
    """It finds request variables by name, before the environment, and never HTTP_PROXY. PHP-FPM and
    mod_php do the same."""
    names = ["REMOTE_ADDR", "HTTP_X_A", "QUERY_STRING", "APP_ENV", "HTTP_PROXY", "HTTP_X_B", "FOO"]
    code = f"<?php echo json_encode(array_map(getenv(...), {json.dumps(names)}));"
    tusk = start_tusk(
        make_root({"env.php": code}), "--workers", 1, env={"APP_ENV": "prod", "QUERY_STRING": "no"}
    )
    with tusk.raw() as connection:
        seen = json.loads(connection.get("/env.php?q", "X-A: 1", "x-a: 2", "Proxy: evil").body)
        assert seen == ["127.0.0.1", "1, 2", "q", "prod", False, False, False]
        seen = json.loads(connection.get("/env.php").body)
        assert seen == ["127.0.0.1", False, "", "prod", False, False, False]


def test_methods(tusk):
    """Every method reaches the script unchanged."""
    for method in ("PUT", "DELETE", "PROPFIND", "FOO", "get", "M-SEARCH"):
        server = ask(tusk, f"{method} /request.php HTTP/1.1\r\nHost: a\r\n\r\n")
        assert server["REQUEST_METHOD"] == method


def test_a_unix_socket(start_tusk, tmp_path):
    """The client is `unix:` and the server our path, without ports, like with nginx."""
    path = tmp_path / "tusk.sock"
    start_tusk(PHP_SCRIPTS, listen=(f"unix:{path}",))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(b"GET /request.php HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    server = json.loads(answer.partition(b"\r\n\r\n")[2])["server"]
    seen = {name: server[name] for name in server if name.startswith(("REMOTE_", "SERVER_"))}
    assert {
        "REMOTE_ADDR": "unix:",
        "REMOTE_PORT": "",
        "SERVER_ADDR": f"unix:{path}",
        "SERVER_PORT": "",
        "SERVER_NAME": "localhost",
    }.items() <= seen.items()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_name_of_the_server_is_an_option(start_tusk, engine):
    """Moodle refuses servers whose name it does not know. The response's own field stays."""
    tusk = start_tusk(PHP_SCRIPTS, "--engine", engine, "--workers", 1, "--server-software", "nginx/1.24 (x)")
    answer = tusk.get("/request.php")
    assert answer.json()["server"]["SERVER_SOFTWARE"] == "nginx/1.24 (x)"
    assert answer.headers["server"] == "tusk"
