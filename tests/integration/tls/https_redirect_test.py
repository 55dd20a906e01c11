"""Clients without TLS: plain HTTP on a TLS port, the redirect to https, and HSTS."""

import re

import pytest

from harness.server import PHP_SCRIPTS, Server
from harness.tls import TlsClient, client_context, handshake_failures


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_http_on_a_tls_port_gets_a_readable_answer(secure, method):
    """400, with an explanation."""
    before = handshake_failures(secure, "plain_http")
    with secure.raw() as client:
        response = client.request(method, "/hello.php").response(method)
        assert response.status == 400 and response.header("connection") == "close"
        if method != "HEAD":
            assert "This port uses TLS" in response.text
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="plain_http")


def both_ports(tusk: Server) -> dict:
    return {
        scheme: int(port)
        for scheme, port in re.findall(r"\b(https?)://127\.0\.0\.1:(\d+)", tusk.start_line)
    }


@pytest.mark.parametrize("status", [301, 308])
def test_redirect_and_hsts(start_tusk, localhost, authority, status):
    """http:// redirects to https://, which tells browsers to stay there; HSTS is sent only over
    TLS (RFC 6797 §7.2)."""
    tusk = start_tusk(
        *(PHP_SCRIPTS, *localhost.flags(), "--https-redirect", status),
        *("--https-redirect-port", "8443", "--hsts", "31536000", "--hsts-subdomains"),
        listen=("http://127.0.0.1:0", "https://127.0.0.1:0"),
        internal="off",
    )
    ports = both_ports(tusk)
    tusk.port = ports["http"]
    with tusk.raw() as client:
        for method in ("GET", "POST"):
            response = client.request(
                method, "/hello.php?a=%20b", body=b"x" if method == "POST" else b""
            ).response()
            assert response.status == status
            assert response.header("location") == "https://localhost:8443/hello.php?a=%20b"
            assert response.header("strict-transport-security") is None
    with TlsClient(ports["https"], client_context(authority.certificate)) as client:
        for path in ("/hello.php", "/none"):
            response = client.get(path)
            assert (
                response.header("strict-transport-security")
                == "max-age=31536000; includeSubDomains"
            )


def test_a_proxy_that_spoke_tls_is_not_redirected(start_tusk):
    """A trusted proxy's X-Forwarded-Proto says https."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--https-redirect", "301", "--trusted-proxies", "127.0.0.1"
    )
    with tusk.raw() as client:
        assert client.get("/hello.php", "X-Forwarded-Proto: https").text == "Hello World!"
        response = client.get("/hello.php")
        assert response.status == 301
        assert response.header("location") == "https://localhost/hello.php"


def test_a_redirect_has_nothing_of_the_request_before(start_tusk, tmp_path):
    """Header fields of rules belong to the request to which the rules applied."""
    config = tmp_path / "t.toml"
    config.write_text("[[rules]]\nset_headers = { 'X-Rule' = 'yes' }\n")
    tusk = start_tusk(
        PHP_SCRIPTS, "--config", config, "--https-redirect", "301", "--trusted-proxies", "127.0.0.1"
    )
    with tusk.raw() as client:
        assert client.get("/hello.php", "X-Forwarded-Proto: https").header("x-rule") == "yes"
        response = client.get("/hello.php")
        assert response.status == 301 and response.header("x-rule") is None
