"""TLS with the clients that people use."""

import subprocess

import pytest

from harness.tls import client_context
from harness.wait import PATIENCE_S


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_curl(secure, authority, version):
    """It verifies the certificate, and uses a connection for several requests."""
    url = f"https://localhost:{secure.port}"
    done = subprocess.run(
        ["curl", "-sS", "--cacert", authority.certificate, version, "-w", "%{num_connects}\n"]
        + [f"{url}/hello.php", f"{url}/hello.php"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    kept = 1 if version == "--http1.0" else 0
    assert done.stdout.split("\n")[:2] == ["Hello World!1", f"Hello World!{kept}"]


def test_s_client(secure, authority):
    """Verify return code 0, and a response."""
    request = "GET /hello.php HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"localhost:{secure.port}", "-servername", "localhost"]
        + ["-CAfile", authority.certificate, "-verify_return_error", "-ign_eof"],
        input=request,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout and "Hello World!" in done.stdout


def test_httpx(secure, authority):
    """Python's own TLS."""
    client = secure.new_client(verify=client_context(authority.certificate))
    response = client.get(f"https://localhost:{secure.port}/hello.php")
    assert response.text == "Hello World!" and response.http_version == "HTTP/1.1"
