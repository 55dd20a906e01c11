"""Proxies in front: how trusted_proxies decides who the client is."""

import json
import re
import socket

import pytest

from harness.server import PHP_SCRIPTS, Server, run_tusk

FORWARDED = [
    "X-Forwarded-For: 6.6.6.6, 203.0.113.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: shop.example",
]
ALL_FIELDS = (
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded",
)  # fmt: skip


def server_variables(tusk: Server, *lines: str) -> dict:
    with tusk.raw() as connection:
        return json.loads(connection.get("/request.php", *lines).body)["server"]


@pytest.fixture(scope="module")
def trusting(start_module_tusk) -> Server:
    """A server that trusts its own machine and 10.0.0.0/8, in every field."""
    return start_module_tusk(
        PHP_SCRIPTS, "--trusted-proxies", "127.0.0.1,10.0.0.0/8", "--access-log",
        "--trusted-headers", ",".join(ALL_FIELDS),
    )  # fmt: skip


@pytest.mark.parametrize(
    "trusted", [None, "10.0.0.0/8", "unix"], ids=["nobody", "others", "unix sockets"]
)
@pytest.mark.parametrize(
    "lines",
    [[*FORWARDED, "X-Forwarded-Port: 8443"], ["Forwarded: for=203.0.113.7;proto=https;host=a"]],
    ids=["X-Forwarded", "Forwarded"],
)
def test_an_untrusted_peer_changes_nothing(start_tusk, trusted, lines):
    """Without trusted_proxies, or from a peer that is not one of them, the fields have no
    effect."""
    arguments = [] if trusted is None else ["--trusted-proxies", trusted]
    tusk = start_tusk(PHP_SCRIPTS, "--access-log", *arguments)
    server = server_variables(tusk, *lines)
    assert server["REMOTE_ADDR"] == "127.0.0.1" and int(server["REMOTE_PORT"]) > 0
    assert server["REQUEST_SCHEME"] == "http" and "HTTPS" not in server
    assert server["HTTP_HOST"] == server["SERVER_NAME"] == "localhost"
    assert server["SERVER_PORT"] == str(tusk.port)
    name = "HTTP_" + lines[0].partition(":")[0].upper().replace("-", "_")
    assert server[name] == lines[0].partition(": ")[2]
    tusk.wait_for_access_log(r"(?m)^127\.0\.0\.1 - ")


@pytest.mark.parametrize("field", ["X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7"])
@pytest.mark.parametrize("trusted", [None, "10.0.0.0/8"])
def test_an_untrusted_peer_that_forwards_is_logged_once(start_tusk, trusted, field):
    """With the peer, the field and the option; a request without such a field causes no line."""
    arguments = [] if trusted is None else ["--trusted-proxies", trusted]
    tusk = start_tusk(PHP_SCRIPTS, *arguments)
    server_variables(tusk)
    assert "not trusted" not in tusk.log()
    for _ in range(3):
        server_variables(tusk, field)
    name = field.partition(":")[0]
    tusk.wait_for_log(rf"warn +a peer that is not trusted .*trusted_proxies peer=127\.0\.0\.1 field={name}")
    server_variables(tusk, field)
    assert tusk.log().count("not trusted") == 1


def test_a_proxy_on_a_unix_socket_is_named_as_the_option_wants_it(start_tusk, tmp_path):
    path = tmp_path / "tusk.sock"
    tusk = start_tusk(PHP_SCRIPTS, listen=(f"unix:{path}",))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /hello.php HTTP/1.0\r\nHost: a\r\nX-Forwarded-Proto: https\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.")
    tusk.wait_for_log(r"warn +a peer that is not trusted .* peer=unix field=X-Forwarded-Proto")


def test_a_trusted_proxy_says_who_the_client_is(trusting):
    """Address, scheme, host and port, wherever an application looks for them."""
    server = server_variables(trusting, *FORWARDED)
    expected = {
        "REMOTE_ADDR": "203.0.113.7",
        "REMOTE_PORT": "",
        "REQUEST_SCHEME": "https",
        "HTTPS": "on",
        "HTTP_HOST": "shop.example",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "SERVER_ADDR": "127.0.0.1",
        "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.7",
    }
    assert {name: server.get(name) for name in expected} == expected


def test_a_client_behind_a_proxy_does_not_choose_the_host(start_tusk):
    """HAProxy's `option forwardfor` and AWS's ALB pass on what a client says in the other fields. By
    default they have no effect, on no request, and the log says so once."""
    tusk = start_tusk(PHP_SCRIPTS, "--trusted-proxies", "127.0.0.1", "--access-log")
    forged = ["X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "Forwarded: host=worse.example"]
    with tusk.raw() as connection:
        for lines in ([*FORWARDED[:2], *forged], FORWARDED[:2], forged[2:]):
            seen = json.loads(connection.get("/request.php", *lines).body)["server"]
            assert seen["HTTP_HOST"] == seen["SERVER_NAME"] == "localhost", lines
            assert seen["SERVER_PORT"] == (str(tusk.port) if lines == forged[2:] else "443"), lines
    server_variables(tusk, *FORWARDED[:2], *forged)
    tusk.wait_for_access_log(r"(?m)^203\.0\.113\.7 - .*host=localhost")
    tusk.wait_for_log(r"warn +a trusted proxy sends a field .* peer=127\.0\.0\.1 field=X-Forwarded-Host")
    assert tusk.log().count("a trusted proxy sends") == 1


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_each_field_is_believed_only_if_it_is_listed(start_tusk, field):
    tusk = start_tusk(PHP_SCRIPTS, "--trusted-proxies", "127.0.0.1", "--trusted-headers", field.lower())
    lines = [*FORWARDED, "X-Forwarded-Port: 8443", "Forwarded: for=203.0.113.9;host=other.example"]
    server = server_variables(tusk, *lines)
    expected = {
        "X-Forwarded-For": ("203.0.113.7", "localhost", str(tusk.port), "http"),
        "X-Forwarded-Proto": ("127.0.0.1", "localhost", "443", "https"),
        "X-Forwarded-Host": ("127.0.0.1", "shop.example", "80", "http"),
        "X-Forwarded-Port": ("127.0.0.1", "localhost", "8443", "http"),
        "Forwarded": ("203.0.113.9", "other.example", "80", "http"),
    }[field]
    names = ("REMOTE_ADDR", "HTTP_HOST", "SERVER_PORT", "REQUEST_SCHEME")
    assert tuple(server[name] for name in names) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Forwarded-For: 203.0.113.7:4711, 10.1.2.3"], ("203.0.113.7", "4711", "localhost")),
        (["X-Forwarded-For: 2001:DB8::1"], ("2001:db8::1", "", "localhost")),
        (["X-Forwarded-For: 203.0.113.7, unknown"], ("127.0.0.1", None, "localhost")),
        (["X-Forwarded-For: 6.6.6.6, ?, 10.0.0.1"], ("10.0.0.1", "", "localhost")),
        (["X-Forwarded-Host: evil host"], ("127.0.0.1", None, "localhost")),
        (
            ["X-Forwarded-Host: a.example", "X-Forwarded-Port: 8443"],
            ("127.0.0.1", None, "a.example:8443"),
        ),
        (
            ['Forwarded: for=6.6.6.6, for="[2001:db8::1]:99";proto=https;host=a.example'],
            ("2001:db8::1", "99", "a.example"),
        ),
        (
            ["Forwarded: for=6.6.6.6;host=evil", "X-Forwarded-For: 203.0.113.7"],
            ("203.0.113.7", "", "localhost"),
        ),
        (['Forwarded: for="6.6.6.6', "Forwarded: ;;="], ("127.0.0.1", None, "localhost")),
    ],
)
def test_every_form_of_the_fields(trusting, lines, expected):
    """The right-most address that is not trusted counts; broken values are ignored, and forge
    nothing."""
    server = server_variables(trusting, *lines)
    address, port, host = expected
    assert (server["REMOTE_ADDR"], server["HTTP_HOST"]) == (address, host)
    assert server["REMOTE_PORT"] == port if port is not None else int(server["REMOTE_PORT"]) > 0


def test_a_request_does_not_affect_the_next(trusting):
    """On one connection, which proxies keep open, each request has its own client."""
    with trusting.raw() as connection:
        for lines, address in (
            (["X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
            (["X-Forwarded-For: 203.0.113.8"], "203.0.113.8"),
            ([], "127.0.0.1"),
        ):
            seen = json.loads(connection.get("/request.php", *lines).body)
            assert seen["server"]["REMOTE_ADDR"] == address


def test_the_access_log_names_the_client(trusting):
    """For scripts, files, errors and refusals alike."""
    for number, (path, status) in enumerate(
        [("/hello.php", 200), ("/missing", 404), ("/indexed", 301)]
    ):
        with trusting.raw() as connection:
            address = f"X-Forwarded-For: 203.0.113.{100 + number}"
            response = connection.get(path, address, *FORWARDED[1:])
        assert response.status == status
        line = trusting.wait_for_access_log(rf"(?m)^203\.0\.113\.{100 + number} - .*")[0]
        assert f" {status} " in line and "host=shop.example" in line
    with trusting.raw() as connection:
        connection.request(
            "POST", "/", "X-Forwarded-For: 203.0.113.200", "Content-Length: 99999999999"
        )
        assert connection.response().status == 413
    trusting.wait_for_access_log(r"(?m)^203\.0\.113\.200 - .* 413 ")


def test_redirects_name_no_host(trusting):
    """They name only a path, so they are right for any scheme, host and port that the client
    used."""
    with trusting.raw() as connection:
        response = connection.get("/indexed", *FORWARDED)
    assert (response.status, response.header("location")) == (301, "/indexed/")


def test_a_proxy_behind_a_unix_socket(start_tusk, tmp_path):
    """`unix` trusts every peer that may open the socket."""
    path = tmp_path / "tusk.sock"
    headers = ("--trusted-headers", "X-Forwarded-For,X-Forwarded-Host")
    start_tusk(PHP_SCRIPTS, "--trusted-proxies", "unix", *headers, listen=(f"unix:{path}",))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(
            b"GET /request.php HTTP/1.0\r\nX-Forwarded-For: 203.0.113.7\r\n"
            b"X-Forwarded-Host: shop.example\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    server = json.loads(answer.partition(b"\r\n\r\n")[2])["server"]
    assert (server["REMOTE_ADDR"], server["HTTP_HOST"]) == ("203.0.113.7", "shop.example")


def test_a_header_that_tusk_does_not_know_is_an_error(tmp_path):
    result = run_tusk("check", "--root", tmp_path, "--trusted-headers", "host")
    assert result.returncode == 2
    assert "--trusted-headers: 'host' is not one of" in result.stderr
    assert "did you mean X-Forwarded-Host?" in result.stderr
    shown = run_tusk("config", "--root", tmp_path, env={"TRUSTED_HEADERS": "x-forwarded-for"})
    assert 'trusted_headers = ["X-Forwarded-For"]' in shown.stdout


def test_invalid_trusted_proxies(tmp_path):
    """A mistake causes a line that says what is wrong, and exit status 2."""
    for value, message in (
        ("proxy.local", "'proxy.local' is not an address"),
        ("10.0.0.1/8", "is not where the network begins: 10.0.0.0/8"),
        ("10.0.0.0/64", "must be a number from 0 to 32"),
    ):
        result = run_tusk("check", "--root", tmp_path, env={"TRUSTED_PROXIES": value})
        assert result.returncode == 2 and message in result.stderr
        assert re.search(r"TRUSTED_PROXIES", result.stderr)
    given = {"TRUSTED_PROXIES": "private, ::1,10.0.0.0/8"}
    shown = run_tusk("config", "--root", tmp_path, env=given)
    assert 'trusted_proxies = ["private", "::1", "10.0.0.0/8"]' in shown.stdout
